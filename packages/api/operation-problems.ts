/** What is said of a member as something that runs; a part of the table of problems. */
export const operationProblems = {
  "no-docs": { status: 404, zh: "本成员没有试用网页", en: "This member has no page to try the API on" },
  "not-ready": { status: 503, zh: "本成员暂时不能处理请求", en: "This member cannot do what is asked of it at the moment" },
  "no-metrics": { status: 404, zh: "本平台的指标不在此处", en: "This platform keeps its metrics elsewhere" },
  "rate-limited": { status: 429, zh: "调用过于频繁，请稍后再试", en: "Too many calls; try again later" },
  "body-too-slow": { status: 408, zh: "请求体未及时送达", en: "The body did not come in time" },
  draining: { status: 503, zh: "本成员正在停机，请稍后再试", en: "This member is about to end; try again a little later" },
} as const;

export type OperationCode = keyof typeof operationProblems;
