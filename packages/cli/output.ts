import { ClientProblem } from "@vermilion/client/problem";

export interface Words {
  readonly zh: string;
  readonly en: string;
}

/** A reason to stop that a person can act on. Exit code 1: the answer is no; 2: the input or the usage is wrong. */
export class Failure extends Error {
  readonly code: string;
  readonly words: Words;
  readonly exitCode: 1 | 2;

  constructor(code: string, words: Words, exitCode: 1 | 2 = 1, cause?: unknown) {
    super(`${code}: ${words.en}`, { cause });
    this.name = "Failure";
    this.code = code;
    this.words = words;
    this.exitCode = exitCode;
  }
}

/** Says what a step is about once it has taken a second. */
export interface Progress {
  update(text: string): void;
  done(): void;
}

/** Everything a command may do to the terminal. Results go to standard output, all else to standard error. */
export interface Io {
  /** One line of the result. */
  print(text: string): void;
  /** The whole result as JSON, indented; a command prints either this or lines. */
  json(value: unknown): void;
  /** Rows in aligned columns; the first row is the heading. */
  table(rows: readonly (readonly string[])[]): void;
  /** A remark that is not part of the result. */
  note(text: string): void;
  progress(text: string): Progress;
  /** Runs `work` with progress on standard error. */
  during<T>(text: string, work: () => Promise<T>): Promise<T>;
  /** The one plain sentence of an error; sets the exit code. */
  fail(error: unknown): void;
  /** What the process will end with; 0 until told otherwise. */
  exitCode: 0 | 1 | 2;
}

interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const patienceMs = 1_000;

export function terminalIo(out: Stream = process.stdout, err: Stream = process.stderr): Io {
  const io: Io = {
    exitCode: 0,
    print: (text) => void out.write(`${text}\n`),
    json: (value) => void out.write(`${JSON.stringify(value, undefined, 2)}\n`),
    table: (rows) => {
      for (const line of aligned(rows)) out.write(`${line}\n`);
    },
    note: (text) => void err.write(`${text}\n`),
    progress: (text) => progressOn(err, text),
    async during(text, work) {
      const progress = progressOn(err, text);
      try {
        return await work();
      } finally {
        progress.done();
      }
    },
    fail(error) {
      const told = toldError(error);
      err.write(`vermilion: ${told.code}: ${told.sentence}\n`);
      io.exitCode = told.exitCode;
    },
  };
  return io;
}

/** On a terminal one line that is written over; elsewhere (logs, pipes) a line at a time, at most one a second. */
function progressOn(err: Stream, first: string): Progress {
  let text = first;
  let shown = false;
  const show = (): void => {
    shown = true;
    err.write(err.isTTY === true ? `\r\u001b[K${text} …` : `${text} …\n`);
  };
  const begin = setTimeout(show, patienceMs);
  let lastMs = 0;
  return {
    update(next) {
      text = next;
      const now = Date.now();
      if (!shown || now - lastMs < (err.isTTY === true ? 100 : patienceMs)) return;
      lastMs = now;
      show();
    },
    done() {
      clearTimeout(begin);
      if (shown && err.isTTY === true) err.write("\r\u001b[K");
    },
  };
}

interface Told {
  readonly code: string;
  readonly sentence: string;
  readonly exitCode: 1 | 2;
}

/** One sentence for any error: code, English, Chinese. Never a stack: what is unexpected is named by its message alone. */
export function toldError(error: unknown): Told {
  if (error instanceof Failure) return { code: error.code, sentence: bilingual(error.words), exitCode: error.exitCode };
  if (error instanceof ClientProblem) return { code: error.code, sentence: problemSentence(error), exitCode: 1 };
  if (isCannot(error)) return { code: error.code, sentence: bilingual(error.names), exitCode: 1 };
  const message = error instanceof Error ? error.message : String(error);
  return { code: "internal", sentence: oneLine(message), exitCode: 1 };
}

export function bilingual({ zh, en }: Words): string {
  return zh === "" || zh === en ? oneLine(en) : `${oneLine(en)} · ${oneLine(zh)}`;
}

function problemSentence(problem: ClientProblem): string {
  const fields = problem.problems.slice(0, 5).map(({ field, detail }) => `${field}: ${detail === "" ? "invalid" : detail}`);
  const more = problem.problems.length > 5 ? [`and ${problem.problems.length - 5} more`] : [];
  const said = bilingual({ en: problem.detail, zh: problem.detailZh ?? "" });
  const where = problem.requestId === undefined ? "" : ` (request ${problem.requestId})`;
  return oneLine([said, ...fields, ...more].join("; ")) + where;
}

/** The local platform's `Cannot`, known by its shape: most commands never load that package. */
function isCannot(error: unknown): error is { readonly code: string; readonly names: Words } {
  if (!(error instanceof Error) || !("names" in error) || !("code" in error)) return false;
  const { code, names } = error;
  return typeof code === "string" && typeof names === "object" && names !== null && "zh" in names && "en" in names;
}

/** Control characters, line separators, and format characters, which can turn around the order in which all else is read. */
const unsafe = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Answers of a member and names of files may hold anything; what steers a terminal or a reader must not reach either. */
function oneLine(text: string): string {
  return text
    .replace(/\s*\n\s*/g, "; ")
    .replace(unsafe, " ")
    .trim();
}

/** Unsafe characters of a value, made visible: a field must not be able to write to the reader's terminal. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return text.replace(unsafe, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
  });
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const safe = rows.map((row) => row.map(shown));
  const columns = Math.max(0, ...safe.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...safe.map((row) => widthOf(row[at] ?? ""))));
  return safe.map((row) =>
    row
      .map((cell, at) => cell + " ".repeat((widths[at] ?? 0) - widthOf(cell)))
      .join("  ")
      .trimEnd(),
  );
}

/** Columns on a terminal: Chinese characters and full-width forms take two (UAX #11, the ranges that our texts use). */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text)
    width +=
      /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u.test(
        character,
      )
        ? 2
        : 1;
  return width;
}

/** A time as people read it; the machine's own time zone is left out on purpose, so that two readers see the same. */
export function timeOf(ms: number): string {
  return Number.isFinite(ms)
    ? new Date(ms)
        .toISOString()
        .replace("T", " ")
        .replace(/\.\d{3}Z$/, " UTC")
    : "-";
}
