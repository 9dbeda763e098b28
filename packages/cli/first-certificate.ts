import { readFile } from "node:fs/promises";
import { type Client, ClientProblem, createClient, type Receipt } from "@vermilion/client";
import { isJsonObject, type Json, parseStrict } from "@vermilion/client/reading";
import { readAppFile } from "@vermilion/local/app-files";
import { dataPaths } from "@vermilion/local/paths";

/** The types that are shipped and a sample of the first: real Chinese text, with what breaks naive programs. */
const typeFile = new URL("../certificates/types/moc-filing.json", import.meta.url);
const attachmentTypeFile = new URL("../certificates/types/filing-attachment.json", import.meta.url);
const sampleFile = new URL("../certificates/types/moc-filing.sample.json", import.meta.url);
const attachmentType = "filing-attachment";
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
  const type = await readShipped(typeFile);
  const sample = await readShipped(sampleFile);
  const { main } = isJsonObject(sample) ? sample : {};
  const id = isJsonObject(type) ? type["id"] : undefined;
  if (typeof id !== "string" || !isJsonObject(main)) throw new Error("bug: the shipped type and its sample do not fit");
  await defineOnce(client, id, type);
  await defineOnce(client, attachmentType, await readShipped(attachmentTypeFile));
  const issued = await client.issue({ type: id, fields: main }, { idempotencyKey: "vermilion-start-sample" });
  const receipt = await client.receipt(issued.transactionHash, receiptWaitS);
  return { type: id, certificate: issued.certificate, issuerSignedSha256: issued.issuerSignedSha256, receipt };
}

async function defineOnce(client: Client, id: string, type: Json): Promise<void> {
  try {
    await client.type(id);
  } catch (error) {
    if (!(error instanceof ClientProblem) || error.code !== "unknown-type") throw error;
    await client.defineType(type, { idempotencyKey: `vermilion-start-type-${id}` });
  }
}

async function readShipped(file: URL): Promise<Json> {
  const bytes = await readFile(file);
  const parsed = parseStrict(bytes, { bytesMax: bytes.length, depthMax: 16 });
  if ("refused" in parsed) throw new Error(`bug: ${file.pathname}: ${parsed.detail}`);
  return parsed.value;
}
