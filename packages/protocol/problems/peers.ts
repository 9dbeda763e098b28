import { row } from "./row.ts";

/** Calls between members. */
export const peerProblems = {
  "peer-call-unknown": row(404, "没有此成员间调用", "There is no such call between members"),
  "peer-call-failed": row(500, "成员间调用失败", "The call between members failed"),
  "peer-busy": row(503, "成员间调用过多，请稍后再试", "Too many calls between members at one time; try again"),
  "peer-signature-missing": row(401, "成员间消息缺少签名", "The message of the member is not signed"),
  "peer-signature-malformed": row(401, "成员间消息签名格式不正确", "The signature of the message is malformed"),
  "peer-signature-invalid": row(401, "成员间消息签名无效", "The signature of the message does not verify"),
  "peer-digest-mismatch": row(401, "成员间消息内容与摘要不符", "The body is not the one that was signed"),
  "peer-expired": row(401, "成员间消息已过期", "The message has expired"),
  "peer-clock-ahead": row(401, "对方时钟超前", "The clock of the other member is ahead"),
  "peer-session-malformed": row(401, "会话证书格式不正确", "The session certificate is malformed"),
  "peer-session-invalid": row(401, "会话证书签名无效", "The session certificate does not verify"),
  "peer-session-expired": row(401, "会话证书已过期", "The session certificate has expired"),
  "peer-session-too-long": row(401, "会话证书有效期过长", "The session certificate lives too long"),
  "peer-unknown-member": row(401, "消息不是本联盟成员所发", "The sender is no member of this consortium"),
  "peer-wrong-member": row(401, "应答不是所请求的成员所发", "The answer is not by the member that was asked"),
} as const;
