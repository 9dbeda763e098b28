import { concat } from "./bytes.ts";
import { tileWidth } from "./tiles.ts";

/** C2SP tlog-tiles: level 0..63 of hashes, or the bundles of entries. */
export type TilePath = { readonly level: number | "entries"; readonly index: number; readonly width: number };

const levelMax = 63;

/** `tile/<L>/<N>[.p/<W>]`; N in groups of three digits, all but the last with an x: `x001/x234/067`. */
export function tilePath(level: number | "entries", index: number, width: number = tileWidth): string {
  const digits = `${index}`;
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g) ?? [];
  const path = groups.map((group, place) => (place === groups.length - 1 ? group : `x${group}`)).join("/");
  return `tile/${level}/${path}${width === tileWidth ? "" : `.p/${width}`}`;
}

/** `tile/entries/<N>[.p/<W>]`. */
export function bundlePath(index: number, width: number = tileWidth): string {
  return tilePath("entries", index, width);
}

const pathForm = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/;

/** The one spelling only; undefined for every other path. */
export function parseTilePath(path: string): TilePath | undefined {
  const [, levelText, groups, widthText] = pathForm.exec(path) ?? [];
  if (levelText === undefined || groups === undefined) return undefined;
  const level = levelText === "entries" ? "entries" : Number(levelText);
  const index = Number(groups.replace(/[x/]/g, ""));
  const width = widthText === undefined ? tileWidth : Number(widthText);
  if ((level !== "entries" && level > levelMax) || !Number.isSafeInteger(index) || width < 1) return undefined;
  // Writing it again refuses leading zeroes, a width of 256 and more.
  return width <= tileWidth && tilePath(level, index, width) === path ? { level, index, width } : undefined;
}

export const bundleRecordBytesMax = 65_535;

/** C2SP tlog-tiles "Log entries": each record behind its length as big-endian uint16; 256 records make a full bundle. */
export function encodeBundle(records: readonly Uint8Array[]): Uint8Array {
  if (records.length > tileWidth) throw new Error(`bug: a bundle has at most ${tileWidth} records`);
  const parts = records.flatMap((record) => {
    if (record.length > bundleRecordBytesMax) throw new Error(`bug: a record has at most ${bundleRecordBytesMax} bytes`);
    return [Uint8Array.of(record.length >> 8, record.length & 255), record];
  });
  return concat(...parts);
}

/** The records of a bundle; undefined where it ends inside one or holds more than 256. */
export function parseBundle(bytes: Uint8Array): Uint8Array[] | undefined {
  const records: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [high, low] = [bytes[at], bytes[at + 1]];
    if (high === undefined || low === undefined) return undefined;
    const end = at + 2 + high * 256 + low;
    if (end > bytes.length || records.length === tileWidth) return undefined;
    records.push(bytes.slice(at + 2, end));
    at = end;
  }
  return records;
}
