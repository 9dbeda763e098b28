import type { SQLOutputValue } from "node:sqlite";
import { damaged } from "@vermilion/node/ports/framing";

/** What SQLite answers for a row; the functions here give its columns their types, and name the column where the file is damaged. */
export type Row = Record<string, SQLOutputValue>;

export function textOf(row: Row, column: string): string {
  const value = row[column];
  return typeof value === "string" ? value : damaged(column, "no text");
}

export function numberOf(row: Row, column: string): number {
  const value = row[column];
  return typeof value === "number" ? value : damaged(column, "no number");
}

export function bytesOf(row: Row, column: string): Uint8Array {
  const value = row[column];
  return value instanceof Uint8Array ? value : damaged(column, "no bytes");
}

/** JSON that this program stored itself: its shape was checked when it was written, `fsck` compares it with the signed hashes. */
export function jsonOf<T>(row: Row, column: string): T {
  const text = textOf(row, column);
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    return damaged(column, "no JSON", error);
  }
}

export function hexOf(row: Row, column: string): string {
  return Buffer.from(bytesOf(row, column)).toString("hex");
}

export function bytesOfHex(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}
