import { type AppCredentials, type Client, ClientProblem, createClient } from "@vermilion/client";
import { scopes } from "@vermilion/protocol";
import { describe, expect, test } from "vitest";
import { addApp, p256, startMember, testClock } from "../api/support/member.ts";

/** The client against the real doors over real HTTP: paths, queries, bodies and headers must be taken as they are sent. */

const hash = "ab".repeat(32);
const address = `ver1${"0".repeat(40)}`;
const certificate = "1.2.156.3005.2.11100000000019991T001.91350200MA2XQ7K095.0F3A1C2B4D5E6F708192A3B4C5D6E7F8.001.H";
const request = `${hash}-0`;

async function signedIn(): Promise<{ readonly client: Client; readonly asked: Set<string>; readonly baseUrl: string }> {
  const member = await startMember({ clock: Object.assign(testClock(), { time: Date.now() }) });
  const key = p256();
  await addApp(member, "desk", [...scopes], key);
  const jwk = { ...key.secret.export({ format: "jwk" }), kid: "desk-1" };
  const app: AppCredentials = { app: "desk", member: member.id, baseUrl: member.baseUrl, jwk, scopes: [...scopes] };
  const asked = new Set<string>();
  const watched: typeof fetch = (input, init) => {
    asked.add(`${init?.method ?? "GET"} ${new URL(String(input)).pathname}`);
    return fetch(input, init);
  };
  return {
    client: createClient({ baseUrl: member.baseUrl, app, operator: "李明", fetch: watched, patience: { attempts: 1 }, trust: "none" }),
    asked,
    baseUrl: member.baseUrl,
  };
}

/** One call of every method, with every option that it has. */
function callsOf(client: Client, baseUrl: string): Record<keyof Client, () => Promise<unknown>> {
  const page = { cursor: "1", limit: 3 };
  const link = { chunk: 0, url: `${baseUrl}/v1/file-chunks/${hash}.0.1.${"A".repeat(43)}`, headers: {}, until: 0 };
  const reference = `vermilion-file/1 ${hash} 17 text/plain ${"A".repeat(43)} a.txt`;
  const first = (rows: AsyncGenerator<unknown>) => rows.next();
  return {
    health: () => client.health(),
    ready: () => client.ready(),
    metrics: () => client.metrics(),
    consortium: () => client.consortium(),
    members: () => client.members(),
    type: () => client.type("moc-filing", 1),
    types: () => client.types(page),
    eachType: () => first(client.eachType(page)),
    certificate: () => client.certificate(certificate),
    certificates: () => client.certificates({ type: "moc-filing", holder: address }, page),
    eachCertificate: () => first(client.eachCertificate({}, page)),
    countCertificates: () => client.countCertificates({ type: "moc-filing" }),
    blockByHash: () => client.blockByHash(hash),
    entries: () => client.entries({ operation: "certificates.issue", member: "customs" }, { limit: 3 }),
    eachEntry: () => first(client.eachEntry({ outcome: "applied" }, { limit: 3 })),
    statistics: () => client.statistics(),
    blockFigures: () => client.blockFigures({ by: "hour" }),
    contributions: () => client.contributions({ by: ["member", "day"] }),
    uses: () => client.uses(),
    bulk: () => first(client.bulk([{ op: "issue", key: "k1", type: "moc-filing", fields: { title: "t" } }])),
    deposit: () => client.deposit([hash]),
    evidence: () => client.evidence(request),
    evidenceReceipt: () => client.evidenceReceipt(request, hash, 0),
    history: () => client.history(certificate, page),
    eachStep: () => first(client.eachStep(certificate, page)),
    certificateStatus: () => client.certificateStatus(certificate, 1_700_000_000_000),
    statusList: () => client.statusList("customs", 0, 1_700_000_000),
    renew: () => client.renew(certificate, { fields: { title: "t" }, reason: "renewal" }),
    correct: () => client.correct(certificate, { part: "main", fields: { title: "t" }, reason: "typing-error" }),
    suspend: () => client.suspend(certificate, { reason: "inquiry" }),
    resume: () => client.resume(certificate, { reason: "inquiry-closed" }),
    revoke: () => client.revoke(certificate, { reason: "holder-request" }),
    receive: () => client.receive(certificate, {}),
    readOwn: () => client.readOwn(certificate, "main"),
    trace: () => client.trace(certificate, page),
    eachTrace: () => first(client.eachTrace(certificate, page)),
    certificatesOfHolder: () => client.certificatesOfHolder(address, 3, hash),
    request: () => client.request(request),
    requests: () => client.requests("to-decide", page),
    eachRequest: () => first(client.eachRequest("mine", page)),
    readGranted: () => client.readGranted(request, 0),
    account: () => client.account(address),
    block: () => client.block(1),
    blocks: () => client.blocks(page),
    eachBlock: () => first(client.eachBlock(page)),
    header: () => client.header(1),
    entriesOfBlock: () => client.entriesOfBlock(1),
    entry: () => client.entry(hash),
    attachment: () => client.attachment(hash),
    submission: () => client.submission(hash),
    checkpoint: () => client.checkpoint(),
    cosignatures: () => client.cosignatures(),
    policy: () => client.policy(),
    statement: () => client.statement(),
    tile: () => client.tile("0/000.p/1"),
    inclusionProof: () => client.inclusionProof(0, 2),
    consistencyProof: () => client.consistencyProof(1, 2),
    receipt: () => client.receipt(hash, 0),
    proof: () => client.proof(hash, 0),
    lookup: () => client.lookup(hash),
    defineType: () => client.defineType({ id: "moc-filing", version: 1 }),
    issue: () => client.issue({ type: "moc-filing", fields: { customsCode: "3502960A12" }, holder: address, serial: "A1" }),
    complete: () => client.complete(certificate, { part: "inspection", fields: { remarks: "好" } }),
    openRequest: () =>
      client.openRequest({
        certificate,
        part: "main",
        fields: ["customsCode"],
        purpose: "p",
        serviceItem: "s",
        basis: "b",
        deadline: Date.now() + 60_000,
      }),
    decide: () => client.decide(request, { decision: "approve", reason: "approved" }),
    registerAccount: () => client.registerAccount({ kind: "holder", name: "李明", jwk: p256().jwk, proof: "{}" }),
    beginFile: () => client.beginFile(hash, { size: 17, chunks: [hash] }),
    sendChunk: () => client.sendChunk(hash, 0, new Uint8Array(17)),
    sendByLink: () => client.sendByLink(link, new Uint8Array(17)),
    fetchByLink: () => client.fetchByLink(link, 17),
    abandonFile: () => client.abandonFile(hash),
    completeFile: () => client.completeFile(hash, { mediaType: "text/plain", plain: hash }),
    file: () => client.file(hash),
    ownFile: () => client.ownFile(hash, 0),
    grantedFile: () => client.grantedFile(request, "document", 0),
    putFile: () => client.putFile(new Blob(["x"]), { name: "a.txt", mediaType: "text/plain" }),
    readFile: () => client.readFile(request, "document"),
    readOwnFile: () => client.readOwnFile(reference),
    recordVerification: () => client.recordVerification({ sdJwt: "a~", issuerCode: "91350200MA2XQ7K095", verifier: address }),
  };
}

/** Faults of form: the client would have sent something that the doors do not take. */
const formCodes =
  /^(malformed-|operator-|idempotency-|unsupported-|no-such-route|method-not-allowed|token-|scope-|assertion-|body-too-large|bad-answer|internal)/;

describe("every method of the client", () => {
  test("is taken by the doors, and every route of the document has its method", async () => {
    const { client, asked, baseUrl } = await signedIn();
    for (const [name, call] of Object.entries(callsOf(client, baseUrl))) {
      try {
        await call();
      } catch (error) {
        if (!(error instanceof ClientProblem)) throw error;
        // A link for sending is the platform's own, never a route of the member.
        if (name === "sendByLink") continue;
        expect(error.code, `${name}: ${error.message} ${JSON.stringify(error.problems)}`).not.toMatch(formCodes);
      }
    }
    const document = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as { paths: Record<string, object> };
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const forms = [...asked];
    const uncovered = routes.filter((route) => {
      const form = new RegExp(
        `^${route
          .replace(/[.]/g, "\\.")
          .replace("{tile}", ".+")
          .replace(/\{\w+\}/g, "[^/]+")}$`,
      );
      return !forms.some((each) => form.test(each));
    });
    // Peers, descriptions for machines and for people, and the C2SP alias of the checkpoint are nobody's app calls.
    expect(
      uncovered.filter((route) => !/ \/peer\/| \/openapi\.json$| \/docs| \/\.well-known\/| \/v1\/log\/checkpoint$/.test(route)),
    ).toEqual([]);
  });

  test("refusals of the member come with code, language and request id", async () => {
    const { client } = await signedIn();
    const problem = await client.decide(request, { decision: "approve", reason: "Not A Code" }).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(ClientProblem);
    expect(problem).toMatchObject({ code: "malformed-body", status: 400, problems: [{ field: "reason" }] });
    expect((problem as ClientProblem).requestId).toBeDefined();
  });
});
