import { readFileSync, writeFileSync } from "node:fs";
import { formatFileReference } from "@vermilion/certificates";
import { operationCall } from "@vermilion/contracts";
import { formatOutcome, type Operation, text, toBase64url } from "@vermilion/ledger";
import { testFile } from "../contracts/test-file.ts";
import { eventually, openCluster } from "../support/cluster.ts";
import { accountProof, entryOf, makeKey } from "../support/entries.ts";

/**
 * Records a ledger with every operation of the newest rules, applied and refused, as bytes. Run once when rules have come; the file is never
 * made again, because it must replay to the same state hash for ever: `node test/vectors/make-recorded.ts v1`.
 */

const [version = "v1"] = process.argv.slice(2);
const type = JSON.parse(readFileSync(new URL("../../packages/certificates/types/moc-filing.json", import.meta.url), "utf8"));
const sample = JSON.parse(readFileSync(new URL("../../packages/certificates/types/moc-filing.sample.json", import.meta.url), "utf8"));
const caller = { app: "desk", operator: "张三" };
const options = { waitMs: 10_000 };

const cluster = await openCluster();
const services = (id: string) => {
  const running = cluster.node(id).running;
  if (running === undefined) throw new Error(`${id} does not run`);
  return running.services;
};

function good<T extends object>(answer: T): Exclude<T, { refused: string }> {
  if ("refused" in answer) throw new Error(JSON.stringify(answer));
  return answer as Exclude<T, { refused: string }>;
}

/** An entry that the member's own dry run would not let through, or that others sign too: put before the leader as a peer would. */
async function force(author: string, operation: Operation, keys = [cluster.node(author).identity.keys.sign]): Promise<void> {
  const { running } = cluster.node(author);
  if (running === undefined) throw new Error(`${author} does not run`);
  const entry = entryOf(running.chain, keys, [operation], { time: Date.now() });
  const body = new TextEncoder().encode(JSON.stringify({ proposals: [{ entry: text(entry.bytes), attachments: [] }] }));
  // The first founder leads.
  await cluster.node("platform").running?.peerDoor.handle("tax", "proposals", body);
  await eventually(
    async () =>
      (await services(author).entry({ transactionHash: entry.transactionHash })) &&
      !("refused" in (await services(author).entry({ transactionHash: entry.transactionHash }))),
  );
}

good(await services("platform").defineType({ type }, caller, options));
const key = makeKey("P-256");
const chain = (await services("tax").consortium({})).chain;
const proof = JSON.stringify(accountProof(key, { chain, kind: "holder", name: "张三丰", member: "tax" }));
const { address } = good(await services("tax").registerAccount({ kind: "holder", name: "张三丰", jwk: key.jwk, proof }, caller, options));
const issued = good(await services("platform").issueCertificate({ type: type.id, fields: sample.main, holder: address }, caller, options));
const { certificate } = issued;
good(await services("inspection").completeCertificate({ certificate, part: "inspection", fields: sample.inspection }, caller, options));
const ask = (id: string, fields: readonly string[], purpose: string) =>
  services(id).openRequest({ certificate, part: "main", fields, purpose, serviceItem: "registration", basis: "law" }, caller, options);
const customs = type.policies.find(({ reader }: { reader: string }) => reader === "customs");
const standing = good(await ask("customs", customs.fields, customs.purposes[0]));
good(await services("customs").grantedFields({ request: standing.request }, caller, { waitMs: 10_000 }));
const first = good(await ask("tax", ["creditCode"], "tax-registration"));
const second = good(await ask("tax", ["idNumber"], "tax-registration"));
good(await services("platform").decideRequest({ request: first.request, decision: "approve", reason: "lawful" }, caller, options));
good(await services("platform").decideRequest({ request: second.request, decision: "refuse", reason: "not-necessary" }, caller, options));
const members = await services("platform").members({});
const issuerCode = members.items.find(({ id }) => id === "platform")?.uscc ?? "";
good(await services("tax").verifyCertificate({ sdJwt: issued.sdJwt ?? "", issuerCode }, caller, options));
await force("tax", operationCall("requests.decide", { request: second.request, decision: "approve", reason: null, by: caller }));
await force("tax", operationCall("types.define", { type: { ...type, version: 2 } }));
await force("customs", { contract: "nothing", operation: "at-all", arguments: {} });
const received = { certificate, document: issued.issuerSignedSha256, proof: null };
await force("tax", operationCall("certificates.receive", { ...received, by: caller }), [key]);
await force("tax", operationCall("certificates.receive", { ...received, by: null }), [key]);
const reason = { reason: "inquiry" };
good(await services("platform").suspendCertificate({ certificate, ...reason }, caller, options));
good(await services("platform").resumeCertificate({ certificate, ...reason }, caller, options));
good(
  await services("inspection").correctCertificate(
    { certificate, part: "inspection", fields: sample.inspection, ...reason },
    caller,
    options,
  ),
);
const renewed = good(await services("platform").renewCertificate({ certificate, fields: sample.main, ...reason }, caller, options));
good(await services("platform").revokeCertificate({ certificate: renewed.certificate, ...reason }, caller, options));
await force("platform", operationCall("certificates.resume", { certificate: renewed.certificate, ...reason, by: caller }));
good(await services("customs").depositEvidence({ digests: ["ab".repeat(32), "cd".repeat(32)] }, caller, options));
const attachment = JSON.parse(readFileSync(new URL("../../packages/certificates/types/filing-attachment.json", import.meta.url), "utf8"));
good(await services("platform").defineType({ type: attachment }, caller, options));
const { plan, chunks } = testFile(1_000);
good(await services("platform").beginFile({ file: plan.file, size: plan.size, chunks: plan.chunks }, caller));
good(await services("platform").sendChunk({ file: plan.file, chunk: 0, bytes: chunks[0]! }, caller));
good(await services("platform").completeFile({ file: plan.file, mediaType: "application/pdf", plain: "cd".repeat(32) }, caller, options));
const document = formatFileReference({ ...plan, mediaType: "application/pdf", key: new Uint8Array(32).fill(7), name: "附件.pdf" });
const named = { filingNumber: "BA-1", title: "附件", document };
good(await services("platform").issueCertificate({ type: attachment.id, fields: named }, caller, options));
const header = {
  version: 1,
  hashAlgorithm: "sha256",
  dataType: "application/pdf",
  size: plan.size,
  chunks: 1,
  chunkBytes: 8_388_608,
  plain: "cd".repeat(32),
} as const;
await force("tax", operationCall("files.register", { ...header, file: plan.file }));
await force("tax", operationCall("files.register", { ...header, file: "ab".repeat(32), chunks: 2 }));
await force("platform", operationCall("consortium.rejoin", { member: "platform" }));
await force("platform", operationCall("consortium.rejoin", { member: "tax" }));
const activate = operationCall("consortium.activate", { contract: "types", version: 2, height: 1_000_000 });
await force("customs", activate);
await force(
  "customs",
  activate,
  ["customs", "tax", "platform"].map((id) => cluster.node(id).identity.keys.sign),
);

const heads = await eventually(async () => {
  const all = await Promise.all([...cluster.nodes.values()].map(async ({ running }) => (await running?.services.health({}))?.chains[0]));
  return new Set(all.map((head) => head?.headHash)).size === 1 && all;
});
const { ledger } = cluster.node("tax").stores;
const hashes = await ledger.hashesFrom(0, 1_000);
const blocks = [];
for (const hash of hashes) {
  const block = await ledger.readBlock(hash);
  if (block === undefined) throw new Error("a block is missing");
  blocks.push({
    header: text(block.header),
    entries: block.entries.map(text),
    outcomes: block.outcomes.map(formatOutcome),
    attachments: block.attachments.map(({ bytes }) => toBase64url(bytes)),
  });
}
const published = await ledger.published();
const recorded = {
  comment: `Rules ${version}, recorded by test/vectors/make-recorded.ts. Never edited.`,
  genesis: cluster.genesis,
  blocks,
  after: published,
};
writeFileSync(new URL(`recorded/${version}.json`, import.meta.url), `${JSON.stringify(recorded, null, 1)}\n`, { flag: "wx" });
console.log(`${blocks.length} blocks, ${heads[0]?.state}`);
await cluster.close();
process.exit(0);
