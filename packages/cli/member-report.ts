import { type DataOptions, dataOf } from "./local-options.ts";
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
  options: DataOptions & StackOptions,
  work: {
    readonly command: "fsck" | "rebuild";
    readonly saying: string;
    readonly here: (data: string, member: string, onProgress: (height: number, of: number) => void) => Promise<Report>;
  },
): Promise<MemberReport<Report>> {
  const { command, saying, here } = work;
  if (given === undefined) {
    const stack = neededStack(options);
    return { member: stack, report: await io.during(`${saying} ${stack}`, () => askStack<Report>(stack, { command })) };
  }
  const { unreadable } = await import("./unreadable.ts");
  const progress = io.progress(`${saying} ${given}`);
  const report = await here(dataOf(options), given, (height, of) => progress.update(`block ${height} of ${of}`))
    .catch(unreadable)
    .finally(() => progress.done());
  return { member: given, report };
}
