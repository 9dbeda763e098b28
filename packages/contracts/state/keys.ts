import { accountKeys } from "./accounts.ts";
import { certificateKeys, certificatePrefixes } from "./certificates.ts";
import { consortiumKeys, consortiumPrefixes } from "./consortium.ts";
import { entryKeys } from "./entries.ts";
import { evidenceKeys } from "./evidence.ts";
import { fileKeys, filePrefixes } from "./files.ts";
import { requestKeys, requestPrefixes } from "./requests.ts";
import { statisticsKeys, statisticsPrefixes } from "./statistics.ts";
import { traceKeys, tracePrefixes } from "./trace.ts";
import { typeKeys, typePrefixes } from "./types.ts";

/** One function a kind of row: nowhere else is a key of the state put together. */
export const stateKeys = {
  ...entryKeys,
  ...consortiumKeys,
  ...typeKeys,
  ...certificateKeys,
  ...traceKeys,
  ...requestKeys,
  ...accountKeys,
  ...fileKeys,
  ...evidenceKeys,
  ...statisticsKeys,
} as const;

/** Prefixes for ranges. */
export const statePrefixes = {
  ...consortiumPrefixes,
  ...typePrefixes,
  ...certificatePrefixes,
  ...tracePrefixes,
  ...requestPrefixes,
  ...filePrefixes,
  ...statisticsPrefixes,
} as const;
