import type {
  CheckDigitCode,
  FieldProblemCode,
  IdentifierCode,
  InvalidFields,
  InvalidType,
  OpenCode,
  SdJwtCode,
  StatusListCode,
  TypeProblemCode,
} from "@vermilion/certificates";
import type { RefusalCode } from "@vermilion/contracts";
import type { EntryCode } from "@vermilion/ledger";
import type { FaultCode } from "@vermilion/node/fault";
import type { PeerCode } from "@vermilion/node/peers/peer-session";
import { type CertificateCode, certificateProblems } from "./certificate-problems.ts";
import { type FileCode, fileProblems } from "./file-problems.ts";
import { type OperationCode, operationProblems } from "./operation-problems.ts";

/** What the doors themselves refuse, before a use case is asked. */
export type ApiCode =
  | "malformed-body"
  | "malformed-query"
  | "malformed-path"
  | "body-too-large"
  | "unsupported-content-type"
  | "no-such-route"
  | "method-not-allowed"
  | "token-missing"
  | "token-invalid"
  | "token-expired"
  | "token-foreign"
  | "scope-too-narrow"
  | "app-disabled"
  | "operator-missing"
  | "operator-malformed"
  | "assertion-invalid"
  | "assertion-expired"
  | "assertion-replayed"
  | "grant-type-unsupported"
  | "scope-not-allowed"
  | "idempotency-key-missing"
  | "idempotency-key-malformed"
  | "idempotency-key-reused"
  | "call-running"
  | "peer-call-unknown"
  | "peer-call-failed"
  | "peer-busy"
  | "no-statement"
  | "no-chain-yet"
  | "internal";

/** Rules of this member that are no contract's (`Services`). */
export type MemberCode =
  | "invalid-cursor"
  | "unknown-transaction"
  | "unknown-block"
  | "unknown-attachment"
  | "unknown-tile"
  | "unknown-hash"
  | "size-out-of-range"
  | "no-checkpoint"
  | "not-the-reader"
  | "not-the-requesting-app"
  | "request-pending"
  | "request-refused"
  | "request-expired"
  | "grant-due"
  | "wrong-grant"
  | "attachment-not-here"
  | "record-key-not-here"
  | "record-malformed"
  | "record-not-signed"
  | "disclosure-not-signed";

type CertificatesCode =
  | CheckDigitCode
  | FieldProblemCode
  | IdentifierCode
  | InvalidFields["refused"]
  | InvalidType["refused"]
  | OpenCode
  | SdJwtCode
  | StatusListCode
  | TypeProblemCode;

export type ProblemCode =
  | RefusalCode
  | FileCode
  | CertificateCode
  | OperationCode
  | EntryCode
  | CertificatesCode
  | FaultCode
  | PeerCode
  | MemberCode
  | ApiCode;

export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 421 | 422 | 429 | 500 | 502 | 503 | 507;

export interface ProblemRow {
  readonly status: ProblemStatus;
  readonly zh: string;
  readonly en: string;
}

const row = (status: ProblemStatus, zh: string, en: string): ProblemRow => ({ status, zh, en });

/** Every code that can reach a caller, with its HTTP status and its title in both languages. The compiler holds it exhaustive. */
export const problemTable: { readonly [Code in ProblemCode]: ProblemRow } = {
  // The doors.
  "malformed-body": row(400, "请求体不符合接口要求", "The body does not have the form that this call takes"),
  "malformed-query": row(400, "查询参数不符合接口要求", "A query parameter is malformed"),
  "malformed-path": row(400, "路径参数不符合接口要求", "A path parameter is malformed"),
  "body-too-large": row(413, "请求体过大", "The body is too large"),
  "unsupported-content-type": row(415, "不支持该内容类型", "This content type is not taken here"),
  "no-such-route": row(404, "没有此接口", "There is no such route"),
  "method-not-allowed": row(405, "该接口不支持此方法", "The route does not take this method"),
  "no-statement": row(404, "本成员尚未作出声明", "This member has not made its statement yet"),
  "no-chain-yet": row(503, "本成员尚未加入任何联盟链", "This member is on no chain yet"),
  "token-missing": row(401, "缺少访问令牌", "An access token is missing"),
  "token-invalid": row(401, "访问令牌无效", "The access token is not valid"),
  "token-expired": row(401, "访问令牌已过期", "The access token has expired"),
  "token-foreign": row(401, "访问令牌由其他成员签发", "The access token was issued by another member"),
  "scope-too-narrow": row(403, "访问令牌的权限范围不足", "The scopes of the access token do not cover this call"),
  "app-disabled": row(401, "该应用已停用", "The app is disabled"),
  "operator-missing": row(400, "缺少经办人请求头 Vermilion-Operator", "The header Vermilion-Operator is missing"),
  "operator-malformed": row(400, "经办人应为1至64个可见字符", "The operator must be 1 to 64 visible characters"),
  "assertion-invalid": row(401, "应用身份断言无效", "The client assertion is not valid"),
  "assertion-expired": row(401, "应用身份断言已过期", "The client assertion has expired"),
  "assertion-replayed": row(401, "应用身份断言已被使用", "The client assertion was used before"),
  "grant-type-unsupported": row(400, "仅支持 client_credentials 授权方式", "Only client_credentials is supported"),
  "scope-not-allowed": row(400, "该应用无权申请此权限范围", "The app may not ask for this scope"),
  "idempotency-key-missing": row(400, "缺少请求头 Idempotency-Key", "The header Idempotency-Key is missing"),
  "idempotency-key-malformed": row(400, "Idempotency-Key 应为1至128个可见字符", "Idempotency-Key must be 1 to 128 visible characters"),
  "idempotency-key-reused": row(422, "该 Idempotency-Key 已用于另一请求", "This Idempotency-Key was used for another request"),
  "call-running": row(409, "使用该 Idempotency-Key 的请求正在处理", "A call with this Idempotency-Key is running"),
  "peer-call-unknown": row(404, "没有此成员间调用", "There is no such call between members"),
  "peer-call-failed": row(500, "成员间调用失败", "The call between members failed"),
  "peer-busy": row(503, "成员间调用过多，请稍后再试", "Too many calls between members at one time; try again"),
  internal: row(500, "系统内部错误", "Internal error"),

  // Members' messages.
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
  "peer-of-another-chain": row(401, "消息属于另一条链", "The message is for another chain"),
  "peer-unknown-member": row(401, "消息不是本联盟成员所发", "The sender is no member of this consortium"),
  "peer-wrong-member": row(401, "应答不是所请求的成员所发", "The answer is not by the member that was asked"),

  // Rules of this member.
  "invalid-cursor": row(400, "翻页游标无效", "The cursor is not of this list"),
  "unknown-transaction": row(404, "没有此交易", "There is no such transaction"),
  "unknown-block": row(404, "没有此区块", "There is no such block"),
  "unknown-attachment": row(404, "没有此附件", "There is no such attachment"),
  "unknown-tile": row(404, "没有此树块", "There is no such tile"),
  "unknown-hash": row(404, "没有与此哈希对应的记录", "Nothing is known under this hash"),
  "size-out-of-range": row(422, "树大小或序号超出范围", "A size or an index is out of range"),
  "no-checkpoint": row(404, "尚无最终检查点", "There is no final checkpoint yet"),
  "not-the-reader": row(403, "本成员不是该申请的申请方", "This member is not the reader of the request"),
  "not-the-requesting-app": row(403, "该申请由其他应用提出", "The request was opened by another app"),
  "request-pending": row(409, "申请待审批", "The request waits for a decision"),
  "request-refused": row(403, "申请未获批准", "The request was refused"),
  "request-expired": row(403, "申请在截止时间前未获审批", "The deadline has passed without a decision"),
  "grant-due": row(409, "申请已批准，授权尚未到达", "The request is allowed and its grant is on the way"),
  "wrong-grant": row(422, "授权文件与授权不符", "The key file does not fit the grant"),
  "attachment-not-here": row(503, "本成员尚未取得该记录的密文", "This member does not hold the encrypted record yet"),
  "record-key-not-here": row(422, "本成员没有该记录的密钥", "This member does not hold the key of the record"),
  "record-malformed": row(422, "所有者发布的记录格式不正确", "The owner has published a malformed record"),
  "record-not-signed": row(422, "记录未经其机构正确签名", "The record is not signed by the authority that it names"),
  "disclosure-not-signed": row(422, "字段内容未经签发机构签名", "A disclosure is not covered by the issuer's signature"),

  ...fileProblems,
  ...certificateProblems,
  ...operationProblems,

  // What the world does wrong.
  "storage-full": row(507, "存储空间已满，暂停写入", "Storage is full; writes are refused"),
  "storage-read-only": row(503, "存储只读，暂停写入", "Storage is read-only; writes are refused"),
  "storage-failed": row(503, "存储暂时不可用", "Storage is not available"),
  "storage-layout-newer": row(503, "存储版本高于程序版本", "The storage layout is newer than this program"),
  "storage-layout-older": row(503, "存储的是 0.1 的数据，本程序不读取", "The storage holds data of 0.1, which is not read"),
  "keys-unavailable": row(503, "密钥服务暂时不可用", "The key service is not available"),
  "key-unwrap-failed": row(500, "密钥无法解封", "A key cannot be unwrapped"),
  "peer-unreachable": row(503, "无法连接其他成员", "Another member cannot be reached"),
  "peer-refused": row(502, "其他成员拒绝了请求", "Another member refused the call"),
  "stale-turn": row(503, "系统繁忙，请重试", "Busy; try again"),
  "upgrade-needed": row(503, "本成员需要升级程序", "This member must be upgraded"),

  // The entry as a whole.
  "too-large": row(422, "内容过大", "Too large"),
  "invalid-utf8": row(400, "不是有效的 UTF-8", "Not valid UTF-8"),
  "not-json": row(400, "不是有效的 JSON", "Not valid JSON"),
  "duplicate-key": row(400, "对象成员重复或密钥重复", "A member or a key stands twice"),
  "too-deep": row(400, "JSON 嵌套过深", "The JSON is nested too deeply"),
  "not-an-integer": row(400, "数字应为安全整数", "Numbers must be safe integers"),
  "lone-surrogate": row(400, "字符串含有不完整的代理对", "A string holds half of a surrogate pair"),
  "not-canonical": row(422, "不是规范形式的 JSON", "Not canonical JSON"),
  "not-signed-form": row(422, "签名对象的形式不正确", "Not the form of a signed object"),
  "bad-header": row(422, "签名保护头不正确", "A protected header is not ours"),
  "wrong-typ": row(422, "签名对象的类型不正确", "A signed object of another kind"),
  "bad-signature-length": row(422, "签名长度不正确", "A signature has the wrong length"),
  "unknown-key": row(422, "未登记的密钥或未知的成员", "The key is not known"),
  "high-s": row(422, "签名不是低 S 形式", "The signature has a high S"),
  "bad-signature": row(422, "签名无效", "A signature does not verify"),
  "missing-field": row(422, "缺少必填字段", "A required field is missing"),
  "surplus-field": row(422, "含有未定义的字段", "A field is not defined"),
  "invalid-field": row(422, "字段值不正确", "A field is not valid"),
  "too-many": row(422, "数量超出限制", "Too many"),
  "duplicate-attachment": row(422, "附件重复", "An attachment stands twice"),
  "duplicate-signer": row(422, "签名者重复", "A signer stands twice"),
  "until-out-of-range": row(422, "有效期限超出范围", "The time limit is out of range"),
  "entry-of-another-chain": row(422, "交易属于另一条链", "The entry is for another chain"),
  "missing-signature": row(422, "缺少签名", "A signature is missing"),
  "surplus-signature": row(422, "多余的签名", "There is a surplus signature"),
  "signer-mismatch": row(422, "签名与签名者不一致", "Signatures and signers do not agree"),
  "duplicate-entry": row(409, "该交易已提交过", "The entry was submitted before"),
  expired: row(422, "交易已过期", "The entry has expired"),
  "entry-from-the-future": row(422, "交易时间超前", "The time of the entry is in the future"),
  "revoked-key": row(422, "密钥已撤销", "The key is revoked"),
  "too-many-refusals": row(422, "被拒绝的交易过多，请稍后再试", "Too many refused entries; try again later"),
  "unknown-operation": row(422, "没有此操作", "There is no such operation"),
  "malformed-arguments": row(422, "操作参数不正确", "The arguments of the operation are malformed"),
  "not-a-member": row(422, "不是联盟成员", "Not a member"),
  "not-the-member": row(422, "只能为本成员申请重新加入", "A member rejoins for itself alone"),
  "not-a-majority": row(422, "签名成员不足半数以上", "The signers are not a majority"),

  // The consortium.
  "already-founded": row(422, "联盟已成立", "The consortium is founded already"),
  "not-founded": row(422, "联盟尚未成立", "The consortium is not founded"),
  "not-the-founders": row(422, "签名者不是全体创始成员", "The signers are not the founders"),
  "duplicate-member": row(422, "成员重复", "A member stands twice"),
  "invalid-uscc": row(422, "统一社会信用代码不正确", "The unified social credit code is not valid"),
  "quorum-out-of-range": row(422, "法定数超出范围", "The quorum is out of range"),
  "height-in-the-past": row(422, "生效高度已过", "The height is in the past"),
  "version-out-of-order": row(422, "版本号不连续", "The version is out of order"),

  // Types.
  "invalid-type": row(422, "证照类型定义不正确", "The certificate type is not valid"),
  "malformed-type": row(422, "证照类型定义不正确", "The certificate type is malformed"),
  "not-the-type-owner": row(422, "只有类型的定义者可以修改", "Only the owner of the type may change it"),
  "type-version-out-of-order": row(422, "证照类型的版本号不连续", "The version of the type is out of order"),
  "unknown-member": row(422, "没有此成员", "There is no such member"),
  "type-code-changed": row(422, "证照类型代码不可更改", "The code of a type cannot change"),
  "type-code-taken": row(422, "证照类型代码已属于另一类型", "The code belongs to another type"),
  "unknown-type": row(404, "没有此证照类型", "There is no such certificate type"),
  "type-version-not-latest": row(422, "不是证照类型的最新版本", "Not the latest version of the type"),
  "wrong-type": row(422, "值的类型不正确", "A value of another type"),
  "missing-key": row(422, "缺少成员", "A member is missing"),
  "bad-format": row(422, "格式不正确", "The format is not right"),
  "out-of-range": row(422, "超出范围", "Out of range"),
  empty: row(422, "不可为空", "Must not be empty"),
  duplicate: row(422, "重复", "Stands twice"),
  "reserved-name": row(422, "该名称为保留名", "The name is reserved"),
  "unknown-keyword": row(422, "不支持的模式关键字", "A keyword is not supported"),
  "bad-pattern": row(422, "正则式不正确或不受支持", "The pattern is not supported"),
  "pattern-too-costly": row(422, "正则式过于耗时", "The patterns take too long"),
  contradiction: row(422, "定义自相矛盾", "The definition contradicts itself"),

  // Certificates.
  "invalid-fields": row(422, "证照字段不符合类型定义", "The fields do not fit the certificate type"),
  "not-an-object": row(422, "应为对象", "Must be an object"),
  "bad-character": row(422, "含有不允许的字符", "A character is not allowed"),
  "value-too-long": row(422, "值过长", "A value is too long"),
  "value-too-short": row(422, "值过短", "A value is too short"),
  "value-too-large": row(422, "值过大", "A value is too large"),
  "value-too-small": row(422, "值过小", "A value is too small"),
  "not-in-list": row(422, "值不在选项中", "A value is not in the list"),
  "not-as-derived": row(422, "与由其他字段得出的值不一致", "Differs from what another field says"),
  "wrong-check-digit": row(422, "校验位不正确", "A check digit is wrong"),
  "bad-identifier": row(422, "电子证照标识不正确", "The certificate identifier is malformed"),
  "not-an-issuer": row(422, "本成员不可签发此类证照", "This member may not issue the type"),
  "not-a-completer": row(422, "本成员不可补录此部分", "This member may not add the part"),
  "malformed-identifier": row(422, "电子证照标识不正确", "The certificate identifier is malformed"),
  "identifier-does-not-match": row(422, "电子证照标识与内容不符", "The identifier does not fit the certificate"),
  "certificate-exists": row(409, "证照已存在", "The certificate exists already"),
  "unknown-certificate": row(404, "没有此证照", "There is no such certificate"),
  "unknown-part": row(404, "证照没有此部分", "The certificate has no such part"),
  "part-exists": row(409, "该部分已补录", "The part is there already"),
  "unknown-field": row(422, "没有此字段", "There is no such field"),
  "commitments-do-not-match-fields": row(422, "承诺值与字段不一致", "Commitments and fields do not agree"),
  "attachment-not-listed": row(422, "附件未列入交易", "An attachment is not listed in the entry"),
  "attachment-audience": row(422, "附件的接收方不正确", "The audience of an attachment is not right"),
  "document-exists": row(409, "该签发文件已上链", "The document is on the ledger already"),
  "type-does-not-match": row(422, "证照类型与证照不符", "The type is not that of the certificate"),
  "unknown-account": row(404, "没有此账户", "There is no such account"),
  "wrong-account-kind": row(422, "账户类别不符", "The account is of another kind"),

  // Requests, grants, accounts, verifications.
  "own-record": row(422, "本成员自己的记录无需申请", "The record is this member's own"),
  "deadline-out-of-range": row(422, "截止时间超出范围", "The deadline is out of range"),
  "unknown-request": row(404, "没有此申请", "There is no such request"),
  "not-the-owner": row(403, "本成员不是该记录的所有者", "This member does not own the record"),
  "already-decided": row(409, "申请已审批", "The request is decided already"),
  "after-deadline": row(422, "申请已过截止时间", "The deadline of the request has passed"),
  "request-not-allowed": row(403, "申请未获允许", "The request is not allowed"),
  "grant-does-not-match-request": row(422, "授权与申请不符", "The grant does not fit the request"),
  "attachment-used": row(422, "密钥文件已用于另一授权", "The key file was used for another grant"),
  "account-exists": row(409, "该密钥已登记", "The key is registered already"),
  "bad-proof": row(422, "密钥持有证明无效", "The proof of the key does not verify"),
  "unknown-document": row(404, "账本中没有此签发文件", "The document is not on the ledger"),
  "document-does-not-match": row(422, "签发文件与证照不符", "The document is not of this certificate"),
  "account-of-another-member": row(422, "账户由其他成员登记", "The account was registered by another member"),
  "issuer-does-not-match": row(422, "签发机构代码不符", "The issuer code does not fit"),

  // Presented certificates and granted fields.
  "bad-sd-jwt": row(422, "不是有效的 SD-JWT", "Not a valid SD-JWT"),
  "bad-disclosure": row(422, "披露内容不正确", "A disclosure is malformed"),
  "wrong-alg": row(422, "签名算法不正确", "The signature algorithm is not right"),
  "unknown-crit": row(422, "含有未知的关键头参数", "A critical header parameter is not known"),
  "wrong-kid": row(422, "签名密钥标识不符", "The key id does not fit"),
  "unknown-sd-alg": row(422, "不支持的摘要算法", "The digest algorithm is not supported"),
  "bad-claims": row(422, "签发部分的声明不正确", "A claim of the issuer-signed part is malformed"),
  "nested-disclosure": row(422, "不支持嵌套披露", "Nested disclosures are not supported"),
  "duplicate-digest": row(422, "摘要重复", "A digest stands twice"),
  "disclosure-not-in-sd": row(422, "披露内容不在签发部分之中", "A disclosure is not in the issuer-signed part"),
  "claim-clash": row(422, "披露的名称与已有声明冲突", "A disclosure clashes with a claim"),
  "unexpected-key-binding": row(422, "不应含有密钥绑定", "A key binding is not expected"),
  "bad-status-list": row(422, "状态列表不正确", "The status list is not valid"),
  "other-status-list": row(422, "不是该证照的状态列表", "The status list is not the certificate's"),
  "wrong-key": row(422, "字段密钥与承诺不符", "A field key does not fit its commitment"),
  "cannot-open": row(422, "字段无法解密", "A field cannot be opened"),
  "bad-padding": row(422, "字段填充不正确", "The padding of a field is wrong"),
  "other-field": row(422, "解密后是另一字段", "Another field than was granted"),
};

export const problemCodes = Object.keys(problemTable) as readonly ProblemCode[];

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemTable, code);
}
