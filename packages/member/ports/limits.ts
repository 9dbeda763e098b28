import { chunksOfSize } from "@vermilion/certificates";
import { appIdForm } from "@vermilion/contracts";
import { checkHash, checkHeight, checkName, checkValue, ensure } from "@vermilion/node/ports/limits";
import type { FilePlan } from "./files.ts";
import type { App, RecordName, StoredAnswer } from "./stores.ts";

/** What the stores of a member take, the same for every adapter; the limits themselves are those of a node's ports. */

export function checkRecordName({ certificate, version, part, document }: RecordName): void {
  checkName("certificate", certificate);
  checkHash(document);
  checkName("part", part);
  checkHeight("version", version);
}

/** An app's id is a part of paths and of names of objects, so it has the ledger's form for one and not only that of a name. */
export function checkAppId(app: string): void {
  ensure(appIdForm.test(app), `not an app id: ${app}`);
}

/** A plan as the caller must have checked it: its root is a name in every adapter's paths. */
export function checkFilePlan({ file, size, chunks, app, begunAt }: FilePlan): void {
  checkHash(file);
  checkAppId(app);
  checkHeight("begunAt", begunAt);
  ensure(chunksOfSize(size) === chunks.length, `a file of ${size} bytes has not ${chunks.length} chunks`);
  for (const hash of chunks) checkHash(hash);
}

/** The stored form of an app, checked to fit. */
export function appText(app: App): string {
  checkName("app id", app.id);
  const text = JSON.stringify(app);
  checkValue(`app ${app.id}`, text);
  return text;
}

/** The stored form of an answer, checked to fit. */
export function answerText(key: string, answer: StoredAnswer): string {
  const text = JSON.stringify(answer);
  checkValue(`the answer of call ${key}`, text);
  return text;
}
