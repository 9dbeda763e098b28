import { type ChainOptions, type DataOptions, dataOf } from "./local-options.ts";
import type { Io } from "./output.ts";
import { askStack, neededStack, type StackOptions } from "./stack.ts";

export interface MemberReport<Report> {
  readonly member: string;
  readonly report: Report;
}

/**
 * What `fsck` or `rebuild` says of a member here, by its name, or of one in the cloud, by its stack, where the member itself does the work
 * and says nothing of its progress. What cannot even be read ends with exit code 2.
 */
export async function memberReport<Report>(
  io: Io,
  given: string | undefined,
  options: DataOptions & StackOptions & ChainOptions,
  work: {
    readonly command: "fsck" | "rebuild";
    readonly saying: string;
    readonly here: (
      which: { readonly data: string; readonly member: string; readonly chain: string },
      onProgress: (height: number, of: number) => void,
    ) => Promise<Report>;
  },
): Promise<MemberReport<Report>> {
  const { command, saying, here } = work;
  const { chain = "main" } = options;
  if (given === undefined) {
    const stack = neededStack(options);
    return { member: stack, report: await io.during(`${saying} ${stack}`, () => askStack<Report>(stack, { command, chain })) };
  }
  const { unreadable } = await import("./unreadable.ts");
  const progress = io.progress(`${saying} ${given}`);
  const report = await here({ data: dataOf(options), member: given, chain }, (height, of) => progress.update(`block ${height} of ${of}`))
    .catch(unreadable)
    .finally(() => progress.done());
  return { member: given, report };
}
