import { type FunctionName, functionSettings } from "@vermilion/aws/environment";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { createLogGroup, type LogWishes } from "./logs.ts";

export const functionNames = Object.keys(functionSettings) as readonly FunctionName[];
export type Roles = Readonly<Record<FunctionName, Role>>;
export type LogGroups = Readonly<Record<FunctionName, LogGroup>>;

/** `public` becomes `Public`: the beginning of the ids of what belongs to a function. */
export function capitalised(name: string): string {
  return `${name[0]?.toUpperCase()}${name.slice(1)}`;
}

export function createLogGroups(scope: Construct, wishes: LogWishes): LogGroups {
  return perFunction((name) => createLogGroup(scope, `${capitalised(name)}Log`, wishes));
}

/** One role a function, which at first may only write its own log. What else it may do is added where the thing is made. */
export function createRoles(scope: Construct, logGroups: LogGroups): Roles {
  return perFunction((name) => {
    const role = new Role(scope, `${capitalised(name)}Role`, {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: `Vermilion: role of the function ${name}`,
    });
    allow(role, ["logs:CreateLogStream", "logs:PutLogEvents"], [logGroups[name].logGroupArn]);
    return role;
  });
}

export function perFunction<Value>(make: (name: FunctionName) => Value): Readonly<Record<FunctionName, Value>> {
  return Object.fromEntries(functionNames.map((name) => [name, make(name)])) as Record<FunctionName, Value>;
}

type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export function allow(role: Role, actions: readonly string[], resources: readonly string[], conditions?: Conditions): void {
  role.addToPolicy(
    new PolicyStatement({
      actions: [...actions],
      resources: [...resources],
      ...(conditions === undefined ? {} : { conditions }),
    }),
  );
}
