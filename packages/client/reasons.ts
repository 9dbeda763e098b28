import type { Names, SdJwtCode } from "@vermilion/certificates";
import type { VerifyCode } from "@vermilion/ledger";
import type { GenesisCode } from "./genesis.ts";

/** Everything that can make integrity fail, or an input unreadable. */
export type IntegrityCode =
  | VerifyCode
  | SdJwtCode
  | "entry-was-refused"
  | "not-an-entry"
  | "entry-does-not-match"
  | "malformed-entry"
  | "entry-of-another-chain"
  | "entry-signature"
  | "entry-needed"
  | "sd-jwt-not-issued-here"
  | "sd-jwt-of-another-certificate"
  | "sd-jwt-of-another-type"
  | "document-not-named";

export type ReasonCode = IntegrityCode | GenesisCode | "genesis-of-another-chain";

const reasons: Readonly<Record<ReasonCode, Names>> = {
  "malformed-receipt": { zh: "存证凭据格式不正确", en: "the receipt is not a C2SP tlog-proof" },
  "too-large": { zh: "文件过大", en: "the input is too large" },
  "malformed-policy": { zh: "信任策略格式不正确", en: "the policy is not a C2SP tlog-policy" },
  "malformed-note": { zh: "凭据中的检查点格式不正确", en: "the checkpoint in the receipt is not a signed note" },
  "too-many-signatures": { zh: "检查点的签名过多", en: "the checkpoint has too many signatures" },
  "malformed-checkpoint": { zh: "凭据中的检查点格式不正确", en: "the checkpoint in the receipt is malformed" },
  "malformed-leaf-record": { zh: "凭据所载的记录格式不正确", en: "the record in the receipt is malformed" },
  "unknown-origin": { zh: "凭据出自策略未列的账本", en: "the receipt is of a ledger that the policy does not list" },
  "missing-log-signature": { zh: "检查点没有策略所列成员的账本签名", en: "no member of the policy signed the checkpoint" },
  "bad-log-signature": { zh: "检查点的账本签名不正确", en: "a log signature of the checkpoint is wrong" },
  "bad-cosignature": { zh: "检查点的联署不正确", en: "a cosignature of the checkpoint is wrong" },
  "quorum-not-reached": { zh: "联署成员未达到法定数", en: "too few members cosigned the checkpoint" },
  "not-in-tree": { zh: "该记录不在检查点所述的树中", en: "the record is not in the tree that the checkpoint states" },
  "entry-was-refused": { zh: "账本拒绝了该条目", en: "the receipt proves that the ledger refused this entry" },
  "not-an-entry": { zh: "凭据证明的是区块头而不是条目", en: "the receipt is of a block header, not of an entry" },
  "entry-does-not-match": { zh: "条目不是凭据所证明的那一条", en: "the entry is not the one that the receipt proves" },
  "malformed-entry": { zh: "条目格式不正确", en: "the entry is malformed" },
  "entry-of-another-chain": { zh: "条目属于另一条链", en: "the entry is of another chain" },
  "entry-signature": { zh: "条目的签名不正确", en: "a signature of the entry is wrong" },
  "entry-needed": {
    zh: "请同时提供条目文件：仅凭凭据无法把证照或文件与账本联系起来",
    en: "give the entry as well: the receipt alone does not tie this certificate or document to the ledger",
  },
  "sd-jwt-not-issued-here": { zh: "该条目没有签发此证照", en: "this entry did not issue this certificate" },
  "sd-jwt-of-another-certificate": {
    zh: "证照的标识或部分与条目不符",
    en: "the certificate names another identifier or part than the entry",
  },
  "sd-jwt-of-another-type": {
    zh: "证照所称的类型不是条目签发时的类型",
    en: "the certificate names another type, or version of it, than the entry issued it as",
  },
  "document-not-named": { zh: "条目没有载明此文件的摘要", en: "the entry does not name this document" },
  "malformed-genesis": { zh: "创世文件格式不正确", en: "the genesis file is malformed" },
  "genesis-not-signed": { zh: "创世文件没有全体创始成员的有效签名", en: "the genesis file is not signed by all of its founders" },
  "genesis-of-another-chain": { zh: "创世文件属于另一条链", en: "the genesis file is of another chain" },
  "bad-sd-jwt": { zh: "证照不是有效的SD-JWT", en: "the certificate is not an SD-JWT" },
  "bad-disclosure": { zh: "披露项格式不正确", en: "a disclosure is malformed" },
  "wrong-typ": { zh: "证照的typ不正确", en: "the certificate's typ is not dc+sd-jwt" },
  "wrong-alg": { zh: "签名算法与签发机构的密钥不符", en: "the signature's algorithm is not that of the issuer's key" },
  "unknown-crit": { zh: "证照含有不支持的扩展", en: "the certificate holds an extension that must be understood and is not" },
  "wrong-kid": { zh: "证照由另一把密钥签发", en: "the certificate was signed with another key" },
  "high-s": { zh: "签名的S值不是低值形式", en: "the signature has a high S" },
  "bad-signature": { zh: "签发机构的签名不正确", en: "the issuer's signature is wrong" },
  "unknown-sd-alg": { zh: "不支持的摘要算法", en: "the digests are not SHA-256" },
  "bad-claims": { zh: "签发部分的声明不完整或格式不正确", en: "a claim of the issuer-signed part is missing or malformed" },
  "nested-disclosure": { zh: "不支持嵌套披露", en: "nested disclosures are not supported" },
  "duplicate-digest": { zh: "披露项重复", en: "a disclosure stands twice" },
  "disclosure-not-in-sd": { zh: "披露项不属于此证照", en: "a disclosure is not of this certificate" },
  "claim-clash": { zh: "披露项与声明同名", en: "a disclosure has the name of a claim" },
  "unexpected-key-binding": {
    zh: "含有此处不核验的密钥绑定，请只提供到最后一个“~”为止",
    en: "holds a key binding that is not judged here; give the text up to the last ~",
  },
};

export function reasonOf(code: ReasonCode): Names {
  return reasons[code];
}
