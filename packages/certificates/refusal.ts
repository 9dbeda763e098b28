/** One sentence in the two languages of the consortium. */
export type Names = {
  readonly zh: string;
  readonly en: string;
};

/** An expected "no": a stable code and its reason. Details never repeat the value that was refused, which may be somebody's ID number. */
export interface Refusal<Code extends string> {
  readonly refused: Code;
  readonly detail: Names;
}

export function refusal<const Code extends string>(refused: Code, zh: string, en: string): Refusal<Code> {
  return { refused, detail: { zh, en } };
}
