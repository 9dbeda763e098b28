import { RemovalPolicy } from "aws-cdk-lib";

/** What becomes of stored things when the stack goes: they stay, unless the member is only being tried out. */
export function removalOf(retain: boolean): RemovalPolicy {
  return retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
}
