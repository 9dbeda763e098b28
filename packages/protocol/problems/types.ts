import { row } from "./row.ts";

/** Certificate types. */
export const typeProblems = {
  "invalid-type": row(422, "证照类型定义不正确", "The certificate type is not valid"),
  "malformed-type": row(422, "证照类型定义不正确", "The certificate type is malformed"),
  "not-the-type-owner": row(422, "只有类型的定义者可以修改", "Only the owner of the type may change it"),
  "type-version-out-of-order": row(422, "证照类型的版本号不连续", "The version of the type is out of order"),
  "unknown-member": row(422, "没有此成员", "There is no such member"),
  "type-code-changed": row(422, "证照类型代码不可更改", "The code of a type cannot change"),
  "type-code-taken": row(422, "证照类型代码已属于另一类型", "The code belongs to another type"),
  "type-change-breaks": row(409, "新版本会使已有证照无法续用", "The new version would break what works with the one before"),
  "unknown-type": row(404, "没有此证照类型", "There is no such certificate type"),
  "type-version-not-latest": row(422, "不是证照类型的最新版本", "Not the latest version of the type"),
  "type-needed": row(422, "请同时给出证照类型", "Name the certificate type too"),
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
} as const;
