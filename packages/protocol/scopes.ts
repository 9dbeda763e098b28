/** What an app may do. A scope may be narrowed to one certificate type: `certificates:issue:<type id>`. */
export const scopeTitles = {
  "types:define": { zh: "定义证照类型", en: "Define certificate types" },
  "certificates:issue": { zh: "签发证照", en: "Issue certificates" },
  "certificates:complete": { zh: "补录证照", en: "Add parts to certificates" },
  "certificates:renew": { zh: "换发证照", en: "Renew certificates" },
  "certificates:correct": { zh: "更正证照", en: "Correct parts of certificates" },
  "certificates:status": { zh: "中止、恢复、注销证照", en: "Suspend, resume and revoke certificates" },
  "certificates:receive": { zh: "登记收证", en: "Acknowledge the receipt of certificates" },
  "certificates:read": { zh: "查看证照登记信息", en: "Read the register of certificates" },
  "requests:open": { zh: "申请查看证照", en: "Ask for fields" },
  "requests:decide": { zh: "审批查看申请", en: "Decide requests" },
  "fields:read": { zh: "读取字段明文", en: "Read granted fields" },
  "trace:read": { zh: "查看使用轨迹", en: "Read the trace of a certificate" },
  "accounts:register": { zh: "登记账户", en: "Register accounts" },
  "verifications:record": { zh: "核验证照", en: "Verify certificates" },
  "files:write": { zh: "上传并登记文件", en: "Send files and put them on the ledger" },
  "files:read": { zh: "查看文件登记，读取本成员的文件", en: "Read the register of files, and this member's own files" },
  "evidence:deposit": { zh: "存证", en: "Deposit evidence" },
  "metrics:read": { zh: "读取运行指标", en: "Read the metrics of this member's process" },
  "ledger:read": { zh: "读取账本", en: "Read the ledger" },
} as const;

export type Scope = keyof typeof scopeTitles;

export const scopes = Object.keys(scopeTitles) as readonly Scope[];

/** Scopes whose calls are always about one certificate type, so that they can be narrowed to it. */
const narrowable: ReadonlySet<string> = new Set<Scope>([
  "types:define",
  "certificates:issue",
  "certificates:complete",
  "certificates:renew",
  "certificates:correct",
  "certificates:status",
  "certificates:receive",
  "certificates:read",
  "requests:open",
  "requests:decide",
  "fields:read",
  "trace:read",
]);
const typeIdForm = /^[a-z][a-z0-9-]{0,63}$/;

export function isScope(text: string): boolean {
  const [area = "", act = "", type, ...rest] = text.split(":");
  const base = `${area}:${act}`;
  if (!Object.hasOwn(scopeTitles, base) || rest.length > 0) return false;
  return type === undefined || (narrowable.has(base) && typeIdForm.test(type));
}

function broader(scope: string): string {
  return scope.split(":", 2).join(":");
}

/** Whether a scope is among `held`, itself or through the broader one that contains it. */
export function allowedScopes(held: readonly string[]): (scope: string) => boolean {
  const set = new Set(held);
  return (scope) => set.has(scope) || set.has(broader(scope));
}

/** What the scopes of a token give on a route: all types, these types only, or nothing. */
export function reachOf(held: ReadonlySet<string>, anyOf: readonly Scope[]): "all" | "none" | ReadonlySet<string> {
  if (anyOf.some((scope) => held.has(scope))) return "all";
  const types = [...held]
    .filter((scope) => anyOf.some((wanted) => scope.startsWith(`${wanted}:`)))
    .map((scope) => scope.split(":")[2] ?? "");
  return types.length === 0 ? "none" : new Set(types);
}
