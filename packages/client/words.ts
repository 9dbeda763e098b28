import type { IssuerVerdict, Names, StatusVerdict } from "@vermilion/certificates";

type StatusWord =
  | Exclude<StatusVerdict["verdict"], "not-checked">
  | Extract<StatusVerdict, { verdict: "not-checked" }>["reason"]
  | "no-certificate";
type IssuerWord = Extract<IssuerVerdict, { reason: string }>["reason"] | "signed" | "no-certificate" | "integrity-fails";

const badList: Names = {
  zh: "状态列表不可信：格式或签名不正确",
  en: "the status list cannot be relied on: its form or signature is wrong",
};

const status: Readonly<Record<StatusWord, Names>> = {
  "no-certificate": { zh: "没有提供证照", en: "no certificate was given" },
  "no-status-claim": { zh: "证照没有指明状态列表", en: "the certificate names no status list" },
  "no-status-list": { zh: "没有提供状态列表", en: "no status list was given" },
  "no-status-key": { zh: "不知道签发机构的密钥，无法核验状态列表", en: "the issuer's key is not known, so no status list can be checked" },
  "integrity-fails": { zh: "完整性或签名不成立，未核验状态", en: "not looked at, because integrity or the issuer's signature fails" },
  "status-list-expired": { zh: "状态列表已过期", en: "the status list has expired" },
  "status-list-from-the-future": { zh: "状态列表的时间晚于本机时钟", en: "the status list is later than this computer's clock" },
  "index-outside-list": { zh: "证照的序号不在状态列表中", en: "the certificate's place is outside the status list" },
  "unknown-status": { zh: "状态列表中的状态未定义", en: "the status in the list is not defined" },
  "bad-status-list": badList,
  "wrong-typ": badList,
  "wrong-alg": badList,
  "unknown-crit": badList,
  "wrong-kid": badList,
  "bad-signature": badList,
  "other-status-list": { zh: "状态列表不是证照所指的那一份", en: "the status list is not the one that the certificate names" },
  "not-revoked-as-of": { zh: "截至状态列表签发时未被注销", en: "not revoked when the status list was signed" },
  revoked: { zh: "已注销", en: "revoked by its issuer" },
  suspended: { zh: "已暂停使用", en: "suspended by its issuer" },
  expired: { zh: "证照已过有效期", en: "past its own date of expiry" },
};

const issuer: Readonly<Record<IssuerWord, Names>> = {
  "no-certificate": { zh: "没有提供证照", en: "no certificate was given" },
  "integrity-fails": { zh: "完整性不成立，未核验签发机构", en: "not looked at, because integrity fails" },
  signed: { zh: "由证照所载的签发机构签名并上链", en: "signed, and put on the ledger, by the authority that it names" },
  "no-issuer-key": { zh: "不知道签发机构的密钥，请提供创世文件", en: "the issuer's key is not known; give the genesis file" },
  "no-issuer-name": { zh: "不知道签发机构的名称", en: "the issuer's name is not known" },
  "other-issuer": { zh: "上链的成员不是证照所载的签发机构", en: "another authority than the one that it names put it on the ledger" },
  "other-key": { zh: "签名所用的密钥不是签发机构的密钥", en: "signed with a key that is not the issuer's" },
  "bad-signature": { zh: "签发机构的签名不正确", en: "the issuer's signature is wrong" },
  unreadable: { zh: "签发部分无法读取", en: "the issuer-signed part cannot be read" },
};

export function statusWords(word: StatusWord): Names {
  return status[word];
}

export function issuerWords(word: IssuerWord): Names {
  return issuer[word];
}
