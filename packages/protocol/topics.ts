/** By which the API is laid out, in the order in which it is shown. */
export const topics = {
  consortium: { zh: "联盟与成员", en: "The consortium and this member" },
  "sign-in": { zh: "登录", en: "Sign-in of apps" },
  types: { zh: "证照类型", en: "Certificate types" },
  certificates: { zh: "证照", en: "Certificates" },
  fields: { zh: "字段", en: "Fields in the clear" },
  requests: { zh: "申请与审批", en: "Requests and decisions" },
  trace: { zh: "使用轨迹", en: "Traces of use" },
  accounts: { zh: "账户", en: "Accounts" },
  verifications: { zh: "核验", en: "Verifications" },
  files: { zh: "链下文件", en: "Files off the chain" },
  evidence: { zh: "存证", en: "Evidence" },
  status: { zh: "状态列表", en: "Status lists" },
  ledger: { zh: "账本", en: "The ledger" },
  statistics: { zh: "统计", en: "Statistics" },
  proofs: { zh: "证明与回执", en: "Proofs and receipts" },
  lookup: { zh: "公开查询", en: "Public look-up" },
  peers: { zh: "成员之间", en: "Between members" },
} as const;

export type Topic = keyof typeof topics;
