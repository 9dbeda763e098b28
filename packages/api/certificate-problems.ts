/** What is said of the life of certificates and of searches; a part of the table of problems. */
export const certificateProblems = {
  "type-needed": { status: 422, zh: "请同时给出证照类型", en: "Name the certificate type too" },
  "empty-range": { status: 422, zh: "时间范围为空：起点晚于终点", en: "The range is empty: it ends before it begins" },
  "range-too-wide": { status: 422, zh: "时间范围过宽，请缩短", en: "The range is too wide; ask for less" },
  "version-exhausted": {
    status: 409,
    zh: "该证照标识的版本号已用尽，请签发新证照",
    en: "The identifier has no further version; issue a new certificate",
  },
  "number-changed": {
    status: 422,
    zh: "证照编号与原证照不同，应签发新证照而非换证",
    en: "The certificate number differs from the old one; issue a new certificate",
  },
  "as-of-in-the-future": { status: 422, zh: "查询时点不得晚于现在", en: "The time asked for is in the future" },
  "unknown-issuer": { status: 404, zh: "没有该颁发机构", en: "There is no such issuer" },
  "unknown-status-list": { status: 404, zh: "没有该状态列表", en: "There is no such status list" },
  "status-list-elsewhere": { status: 421, zh: "该状态列表由其他成员签发", en: "The status list is signed by another member" },
  "not-the-certificate-issuer": { status: 403, zh: "本成员不是该证照的颁发机构", en: "This member is not the issuer of the certificate" },
  "certificate-revoked": { status: 409, zh: "该证照已注销或吊销", en: "The certificate is revoked" },
  "certificate-replaced": { status: 409, zh: "该证照已换发，请使用新版本", en: "The certificate was replaced by its next version" },
  "certificate-suspended": { status: 409, zh: "该证照已中止，请先恢复", en: "The certificate is suspended; resume it first" },
  "certificate-not-suspended": { status: 409, zh: "该证照并未中止", en: "The certificate is not suspended" },
  "holder-does-not-match": { status: 409, zh: "持有人与原证照不符", en: "The holder is not that of the certificate" },
  "expiry-out-of-range": {
    status: 422,
    zh: "有效期应在将来，且不超过证照类型规定的期限",
    en: "The expiry must be in the future and within the validity of the type",
  },
  "status-index-taken": { status: 409, zh: "状态列表中的位置已被占用，请重试", en: "The place in the status list is taken; try again" },
  "wrong-status-list": { status: 409, zh: "不是当前可用的状态列表", en: "The status list is not one that takes new documents" },
  "document-not-current": { status: 409, zh: "该文件已被更正，请以现行文件为准", en: "The document is not the current one of its part" },
  "already-received": { status: 409, zh: "该证照已收证", en: "The receipt of this certificate was acknowledged already" },
  "not-the-holder": { status: 403, zh: "不是该证照的持有人", en: "This is not the holder of the certificate" },
  "evidence-size-does-not-match": {
    status: 422,
    zh: "摘要数量与附件大小不符",
    en: "The number of digests does not fit the size of the attachment",
  },
} as const;

export type CertificateCode = keyof typeof certificateProblems;
