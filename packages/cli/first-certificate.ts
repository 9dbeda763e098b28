import { readFile } from "node:fs/promises";
import { type Client, ClientProblem, createClient, type Receipt } from "@vermilion/client";
import { isJsonObject, type Json, type JsonObject, parseStrict } from "@vermilion/client/reading";
import { readAppFile } from "@vermilion/local/config/apps";
import { dataPaths } from "@vermilion/local/config/paths";
import { readType, shippedTypeIds, withMembers } from "./shipped-types.ts";

/** A sample of the first type: real Chinese text, with what breaks naive programs. */
const sampleFile = new URL("../certificates/types/moc-filing.sample.json", import.meta.url);
const firstType = "moc-filing";
const receiptWaitS = 10;

export interface FirstCertificate {
  readonly type: string;
  readonly certificate: string;
  readonly issuerSignedSha256: string;
  readonly receipt: Receipt;
}

/** The members that the shipped type speaks of; a consortium without one of them begins without a type. */
export const typeMembers: readonly string[] = ["platform", "inspection", "customs"];

/**
 * Defines the shipped types and issues a sample of the first as the app `desk` of `platform`, like any app would, and waits for the final receipt.
 * Each write has a fixed Idempotency-Key, so that a start that was cut off and begun again does nothing twice.
 */
export async function issueFirstCertificate(data: string): Promise<FirstCertificate> {
  const desk = readAppFile(dataPaths(data).app("platform", "desk"));
  const client = createClient({ baseUrl: desk.baseUrl, app: desk, operator: "系统管理员" });
  const sample = await readShipped(sampleFile);
  const { main } = isJsonObject(sample) ? sample : {};
  if (!isJsonObject(main)) throw new Error("bug: the sample has no main part");
  const members = (await client.members()).items.map(({ id }) => id);
  await Promise.all((await shippedTypeIds()).map(async (id) => defineOnce(client, id, withMembers(await readType(id), [], members))));
  const issued = await client.issueCertificate({ type: firstType, fields: main }, { idempotencyKey: "vermilion-start-sample" });
  const receipt = await client.receipt({ transactionHash: issued.transactionHash, wait: receiptWaitS });
  return { type: firstType, certificate: issued.certificate, issuerSignedSha256: issued.issuerSignedSha256, receipt };
}

async function defineOnce(client: Client, id: string, type: JsonObject): Promise<void> {
  try {
    await client.type({ type: id });
  } catch (error) {
    if (!(error instanceof ClientProblem) || error.code !== "unknown-type") throw error;
    await client.defineType({ type }, { idempotencyKey: `vermilion-start-type-${id}` });
  }
}

async function readShipped(file: URL): Promise<Json> {
  const bytes = await readFile(file);
  const parsed = parseStrict(bytes, { bytesMax: bytes.length, depthMax: 16 });
  if ("refused" in parsed) throw new Error(`bug: ${file.pathname}: ${parsed.detail}`);
  return parsed.value;
}
