import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { writeAtomically } from "../disk/atomic.ts";

/** A socket's address must fit into 108 bytes on Linux and 104 on macOS, its closing zero included. */
const addressBytesMax = 100;

/** Where a process that holds the folder's lock binds its socket `name`: in the folder, or in a private short folder noted beside it. */
export function chooseSocketPlace(folder: string, name: string): string {
  forgetSocketPlace(folder, name);
  const direct = join(folder, name);
  if (Buffer.byteLength(direct) <= addressBytesMax) return direct;
  const short = join(mkdtempSync(join(tmpdir(), "vermilion-")), name);
  writeAtomically(noteOf(folder, name), `${short}\n`, 0o600);
  return short;
}

/** Where a caller finds the socket `name` of a folder. A note is believed only if it names a short folder of the kind made here. */
export function findSocketPlace(folder: string, name: string): string {
  const note = noteOf(folder, name);
  const noted = existsSync(note) ? readFileSync(note, "utf8").trim() : "";
  const short = dirname(noted);
  return /^vermilion-[A-Za-z0-9]{6}$/.test(basename(short)) && basename(noted) === name ? noted : join(folder, name);
}

/** Removes a socket that nobody serves any more, and its short folder where it had one. */
export function forgetSocketPlace(folder: string, name: string): void {
  const place = findSocketPlace(folder, name);
  rmSync(place, { force: true });
  if (dirname(place) !== folder && existsSync(dirname(place))) rmdirSync(dirname(place));
  rmSync(noteOf(folder, name), { force: true });
}

function noteOf(folder: string, name: string): string {
  return join(folder, `${name}.place`);
}
