import type { Names } from "@vermilion/certificates";
import type { z } from "zod";
import { allScopes } from "./schemas.ts";

type Issue = z.core.$ZodIssue;

/** What is wrong at one place: a stable code and a sentence in both languages. Values are not repeated: one may be a private key. */
export function wrongOf(issue: Issue, path: readonly PropertyKey[], value: unknown): { readonly code: string; readonly problem: Names } {
  const name = nameOf(path);
  switch (issue.code) {
    case "invalid_type":
      if (value === undefined) return { code: "missing", problem: { zh: `缺少“${name}”`, en: `"${name}" is missing` } };
      return wrong("wrong-type", name, "的类型不对", "has the wrong type");
    case "unrecognized_keys":
      return wrong("unknown-name", name, "不是已知的配置项", "is not a known setting");
    case "invalid_value":
      if (value === undefined) return { code: "missing", problem: { zh: `缺少“${name}”`, en: `"${name}" is missing` } };
      return wrong("not-allowed", name, "的值不在允许之列", "has a value that is not allowed");
    case "too_small":
      return wrong("too-small", name, `太小或太短（至少 ${issue.minimum}）`, `is too small or too short (at least ${issue.minimum})`);
    case "too_big":
      return wrong("too-big", name, `太大或太长（至多 ${issue.maximum}）`, `is too big or too long (at most ${issue.maximum})`);
    case "custom":
      return custom(name, issue.params?.["rule"]);
    default:
      return wrong("bad-form", name, "的格式不对", "does not have the right form");
  }
}

function wrong(code: string, name: string, zh: string, en: string): { readonly code: string; readonly problem: Names } {
  return { code, problem: { zh: `“${name}”${zh}`, en: `"${name}" ${en}` } };
}

function custom(name: string, rule: unknown): { readonly code: string; readonly problem: Names } {
  if (rule === "uscc") return wrong("wrong-uscc", name, "不是有效的统一社会信用代码", "is not a valid unified social credit code");
  if (rule === "used-twice") return wrong("used-twice", name, "与另一成员相同", "is the same as another member's");
  return wrong("unknown-scope", name, "不是已知的权限范围", "is not a known scope");
}

const remedies: Readonly<Record<string, Names>> = {
  $schema: { zh: "写 JSON Schema 的地址，或删去", en: "write the address of a JSON Schema, or remove it" },
  version: { zh: "写 1", en: "write 1" },
  name: {
    zh: "用小写字母、数字、点和连字符，如 eport.example",
    en: "use lower-case letters, digits, dots and hyphens, as in eport.example",
  },
  names: { zh: '写中英文名称：{ "zh": "…", "en": "…" }', en: 'write both names: { "zh": "…", "en": "…" }' },
  zh: { zh: "写 1 至 64 个字的中文名称", en: "write a Chinese name of 1 to 64 characters" },
  en: { zh: "写 1 至 128 个字符的英文名称", en: "write an English name of 1 to 128 characters" },
  members: { zh: "列出 1 至 50 个成员", en: "list 1 to 50 members" },
  id: {
    zh: "以小写字母开头，只用小写字母、数字和连字符，至多 32 个，且各不相同",
    en: "start with a lower-case letter; lower-case letters, digits, hyphens; at most 32; each id once",
  },
  uscc: {
    zh: "写18位统一社会信用代码（GB 32100，含正确的校验码），各成员不同",
    en: "write the 18-character code of GB 32100 with its right check characters, another for each member",
  },
  port: { zh: "写 1 至 65535 的整数，各成员不同", en: "write a whole number from 1 to 65535, another for each member" },
  url: {
    zh: "写不带路径和末尾斜杠的基地址，如 http://127.0.0.1:7301",
    en: "write a base URL without path or trailing slash, as in http://127.0.0.1:7301",
  },
  host: { zh: "写监听地址，如 127.0.0.1", en: "write the address to listen on, as in 127.0.0.1" },
  logLevel: { zh: "写 debug、info、warn、error 或 silent", en: "write debug, info, warn, error or silent" },
  logRetentionDays: {
    zh: "写 180 至 3650 的整数：日志至少保留半年",
    en: "write a whole number from 180 to 3650: logs are kept for half a year at least",
  },
  tls: {
    zh: '写证书与私钥文件的路径：{ "certificate": "…", "key": "…" }，或删去',
    en: 'write the paths of certificate and key: { "certificate": "…", "key": "…" }, or remove it',
  },
  scopes: { zh: `从下列范围中选择：${allScopes.join("、")}`, en: `choose from: ${allScopes.join(", ")}` },
  jwk: {
    zh: "私钥文件已损坏：用 vermilion app rotate 重新生成",
    en: "the private key is damaged: make another with `vermilion app rotate`",
  },
};
const damagedGenesis: Names = {
  zh: "创世文件已损坏：从备份或其他成员处取回原文件",
  en: "the genesis file is damaged: take the original from a backup or another member",
};
const likeOthers: Readonly<Record<string, string>> = { member: "id", app: "id", baseUrl: "url", certificate: "tls", key: "tls" };
for (const part of ["kty", "crv", "kid", "x", "y", "d"]) Object.assign(likeOthers, { [part]: "jwk" });

/** What to do at a place: told by the nearest member name that has a remedy. */
export function remedyOf(code: string, path: readonly PropertyKey[], issue: Issue): Names {
  if (code === "unknown-name") return { zh: "删去，或更正拼写", en: "remove it, or mend the spelling" };
  if (path[0] === "entry" || path[0] === "header") return damagedGenesis;
  for (const step of path.toReversed()) {
    if (typeof step !== "string") continue;
    const found = remedies[likeOthers[step] ?? step];
    if (found !== undefined) return found;
  }
  if (issue.code === "invalid_type" && issue.path.length === 0) return { zh: "写一个 JSON 对象：{ … }", en: "write a JSON object: { … }" };
  return { zh: "参照配置的 JSON Schema（vermilion config schema）", en: "see the JSON Schema (`vermilion config schema`)" };
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "file" : path.map(String).join(".");
}
