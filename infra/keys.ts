import type { FunctionName } from "@vermilion/aws/environment";
import { AccountRootPrincipal, ArnPrincipal, PolicyDocument, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Key, KeySpec, KeyUsage } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { removalOf } from "./removal.ts";
import type { Roles } from "./roles.ts";

export const keyNames = ["sign", "log", "cosign", "agree", "wrap"] as const;
type KeyName = (typeof keyNames)[number];
export type Keys = Readonly<Record<KeyName, Key>>;

interface KeyRow {
  readonly description: string;
  readonly spec: KeySpec;
  readonly usage: KeyUsage;
  /** Which functions may do what with it. */
  readonly may: Partial<Readonly<Record<FunctionName, readonly string[]>>>;
}

/** The operator signs the member's statement with each of them: it proves the keys that it names. */
const sign = ["kms:GetPublicKey", "kms:Sign"];
const wrap = ["kms:Encrypt", "kms:Decrypt"];

/** P-256 for what certificates and headers need, Ed25519 as C2SP checkpoints and cosignatures demand it. */
const rows: Readonly<Record<KeyName, KeyRow>> = {
  sign: {
    description: "signs entries, headers and certificates",
    spec: KeySpec.ECC_NIST_P256,
    usage: KeyUsage.SIGN_VERIFY,
    may: { api: sign, turn: sign, operator: sign },
  },
  log: {
    description: "signs checkpoints",
    spec: KeySpec.ECC_NIST_EDWARDS25519,
    usage: KeyUsage.SIGN_VERIFY,
    may: { api: sign, turn: sign, public: sign, tiles: sign, operator: sign },
  },
  cosign: {
    description: "cosigns checkpoints",
    spec: KeySpec.ECC_NIST_EDWARDS25519,
    usage: KeyUsage.SIGN_VERIFY,
    may: { api: sign, turn: sign, operator: sign },
  },
  agree: {
    description: "opens what is granted to this member",
    spec: KeySpec.ECC_NIST_P256,
    usage: KeyUsage.KEY_AGREEMENT,
    may: { api: ["kms:GetPublicKey", "kms:DeriveSharedSecret"], operator: ["kms:GetPublicKey"] },
  },
  wrap: {
    description: "wraps record keys",
    spec: KeySpec.SYMMETRIC_DEFAULT,
    usage: KeyUsage.ENCRYPT_DECRYPT,
    may: { api: wrap, turn: wrap },
  },
};

/**
 * The member's keys; none ever leaves KMS. Who may use one stands in its own policy and nowhere else: the account may administer it, so that
 * it is never orphaned, but no policy of the account can let another principal sign or decrypt without a change here that CloudTrail shows.
 */
export function createKeys(scope: Construct, roles: Roles, memberId: string, retain: boolean): Keys {
  const create = (name: KeyName) => {
    const { description, spec, usage, may } = rows[name];
    return new Key(scope, `${name[0]?.toUpperCase()}${name.slice(1)}Key`, {
      description: `Vermilion ${memberId}: ${description}`,
      alias: `vermilion-${memberId}-${name}`,
      keySpec: spec,
      keyUsage: usage,
      // Only symmetric keys can be rotated in place; a new signing key is an entry on the ledger.
      enableKeyRotation: name === "wrap",
      removalPolicy: removalOf(retain),
      policy: new PolicyDocument({ statements: [administration(), ...uses(may, roles)] }),
    });
  };
  return { sign: create("sign"), log: create("log"), cosign: create("cosign"), agree: create("agree"), wrap: create("wrap") };
}

function uses(may: KeyRow["may"], roles: Roles): PolicyStatement[] {
  return Object.entries(may).map(
    ([name, actions]) =>
      new PolicyStatement({
        sid: `${name[0]?.toUpperCase()}${name.slice(1)}`,
        principals: [new ArnPrincipal(roles[name as FunctionName].roleArn)],
        actions: [...actions],
        resources: ["*"],
      }),
  );
}

/** AWS's list of a key administrator's actions, without those that use the key and without grants, which would let others use it. */
function administration(): PolicyStatement {
  return new PolicyStatement({
    sid: "Administration",
    principals: [new AccountRootPrincipal()],
    actions: [
      "kms:CreateAlias",
      "kms:DeleteAlias",
      "kms:Describe*",
      "kms:Get*",
      "kms:List*",
      "kms:Enable*",
      "kms:Disable*",
      "kms:Put*",
      "kms:Update*",
      "kms:TagResource",
      "kms:UntagResource",
      "kms:ScheduleKeyDeletion",
      "kms:CancelKeyDeletion",
    ],
    resources: ["*"],
  });
}
