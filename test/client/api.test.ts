import { type AppCredentials, type Client, ClientProblem, createClient, type Each } from "@vermilion/client";
import { isOfChain, onChain, type RouteName, routes, scopes } from "@vermilion/protocol";
import { describe, expect, test } from "vitest";
import { addApp, chain, p256, startMember, testClock } from "../api/support/member.ts";

/** The client against the real doors over real HTTP: paths, queries, bodies and headers must be taken as they are sent. */

const hash = "ab".repeat(32);
const address = `ver1${"0".repeat(40)}`;
const certificate = "1.2.156.3005.2.11100000000019991T001.91350200MA2XQ7K095.0F3A1C2B4D5E6F708192A3B4C5D6E7F8.001.H";
const request = `${hash}-0`;

interface SignedIn {
  readonly client: Client;
  /** Methods and paths that were asked for. */
  readonly asked: Set<string>;
  readonly baseUrl: string;
}

async function signedIn(of: { readonly chain?: string } = {}): Promise<SignedIn> {
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
    client: createClient({
      baseUrl: member.baseUrl,
      app,
      operator: "李明",
      ...of,
      fetch: watched,
      patience: { attempts: 1 },
      trust: "none",
    }),
    asked,
    baseUrl: member.baseUrl,
  };
}

/** One call of every method, with every option that it has. */
function callsOf(
  client: Client,
  baseUrl: string,
): Record<Exclude<keyof Client, "each"> | `each.${keyof Each & string}`, () => Promise<unknown>> {
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
    type: () => client.type({ type: "moc-filing", version: 1 }),
    types: () => client.types(page),
    "each.types": () => first(client.each.types({ ...page })),
    certificate: () => client.certificate({ certificate }),
    certificates: () => client.certificates({ type: "moc-filing", holder: address, ...page }),
    "each.certificates": () => first(client.each.certificates({ ...page })),
    countCertificates: () => client.countCertificates({ type: "moc-filing" }),
    blockByHash: () => client.blockByHash({ hash }),
    entries: () => client.entries({ operation: "certificates.issue", member: "customs", limit: 3 }),
    "each.entries": () => first(client.each.entries({ outcome: "applied", limit: 3 })),
    statistics: () => client.statistics(),
    blockFigures: () => client.blockFigures({ by: "hour" }),
    contributions: () => client.contributions({ by: ["member", "day"] }),
    uses: () => client.uses(),
    bulk: () => first(client.bulk([{ op: "issue", key: "k1", type: "moc-filing", fields: { title: "t" } }])),
    depositEvidence: () => client.depositEvidence({ digests: [hash] }),
    evidence: () => client.evidence({ evidence: request }),
    evidenceReceipt: () => client.evidenceReceipt({ evidence: request, digest: hash, wait: 0 }),
    certificateHistory: () => client.certificateHistory({ certificate, ...page }),
    "each.certificateHistory": () => first(client.each.certificateHistory({ certificate, ...page })),
    certificateStatus: () => client.certificateStatus({ certificate, asOf: 1_700_000_000_000 }),
    statusList: () => client.statusList({ issuer: "customs", list: 0, time: 1_700_000_000 }),
    renewCertificate: () => client.renewCertificate({ certificate, fields: { title: "t" }, reason: "renewal" }),
    correctCertificate: () => client.correctCertificate({ certificate, part: "main", fields: { title: "t" }, reason: "typing-error" }),
    suspendCertificate: () => client.suspendCertificate({ certificate, reason: "inquiry" }),
    resumeCertificate: () => client.resumeCertificate({ certificate, reason: "inquiry-closed" }),
    revokeCertificate: () => client.revokeCertificate({ certificate, reason: "holder-request" }),
    receiveCertificate: () => client.receiveCertificate({ certificate }),
    ownFields: () => client.ownFields({ certificate, part: "main" }),
    certificateTrace: () => client.certificateTrace({ certificate, ...page }),
    "each.certificateTrace": () => first(client.each.certificateTrace({ certificate, ...page })),
    certificatesOfHolder: () => client.certificatesOfHolder({ address, block: 3, transaction: hash }),
    request: () => client.request({ request }),
    requests: () => client.requests({ list: "to-decide", ...page }),
    "each.requests": () => first(client.each.requests({ list: "mine", ...page })),
    grantedFields: () => client.grantedFields({ request, wait: 0 }),
    account: () => client.account({ address }),
    block: () => client.block({ height: 1 }),
    blocks: () => client.blocks(page),
    "each.blocks": () => first(client.each.blocks({ ...page })),
    header: () => client.header({ height: 1 }),
    entriesOfBlock: () => client.entriesOfBlock({ height: 1 }),
    entry: () => client.entry({ transactionHash: hash }),
    attachment: () => client.attachment({ sha256: hash }),
    submission: () => client.submission({ transactionHash: hash }),
    checkpoint: () => client.checkpoint(),
    cosignatures: () => client.cosignatures(),
    policy: () => client.policy(),
    logCheckpoint: () => client.logCheckpoint(),
    openapi: () => client.openapi(),
    signInMetadata: () => client.signInMetadata(),
    statement: () => client.statement(),
    tile: () => client.tile({ tile: "0/000.p/1" }),
    inclusionProof: () => client.inclusionProof({ index: 0, size: 2 }),
    consistencyProof: () => client.consistencyProof({ old: 1, size: 2 }),
    receipt: () => client.receipt({ transactionHash: hash, wait: 0 }),
    proof: () => client.proof({ transactionHash: hash, wait: 0 }),
    lookup: () => client.lookup({ hash }),
    defineType: () => client.defineType({ type: { id: "moc-filing", version: 1 } }),
    issueCertificate: () =>
      client.issueCertificate({ type: "moc-filing", fields: { customsCode: "3502960A12" }, holder: address, serial: "A1" }),
    completeCertificate: () => client.completeCertificate({ certificate, part: "inspection", fields: { remarks: "好" } }),
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
    decideRequest: () => client.decideRequest({ request, decision: "approve", reason: "approved" }),
    registerAccount: () => client.registerAccount({ kind: "holder", name: "李明", jwk: p256().jwk, proof: "{}" }),
    beginFile: () => client.beginFile({ file: hash, size: 17, chunks: [hash] }),
    sendChunk: () => client.sendChunk({ file: hash, chunk: 0, bytes: new Uint8Array(17) }),
    sendByLink: () => client.sendByLink(link, new Uint8Array(17)),
    fileChunk: () => client.fileChunk({ token: `${hash}.0.1.${"A".repeat(43)}` }),
    fetchByLink: () => client.fetchByLink(link, 17),
    abandonFile: () => client.abandonFile({ file: hash }),
    completeFile: () => client.completeFile({ file: hash, mediaType: "text/plain", plain: hash }),
    file: () => client.file({ file: hash }),
    ownFile: () => client.ownFile({ file: hash, from: 0 }),
    grantedFile: () => client.grantedFile({ request, field: "document", from: 0 }),
    putFile: () => client.putFile(new Blob(["x"]), { name: "a.txt", mediaType: "text/plain" }),
    readFile: () => client.readFile({ request, field: "document" }),
    readOwnFile: () => client.readOwnFile(reference),
    verifyCertificate: () => client.verifyCertificate({ sdJwt: "a~", issuerCode: "91350200MA2XQ7K095", verifier: address }),
  };
}

/** Faults of form: the client would have sent something that the doors do not take. */
const formCodes =
  /^(malformed-|operator-|idempotency-|unsupported-|no-such-route|method-not-allowed|token-|scope-|assertion-|body-too-large|bad-answer|internal)/;

async function callAll(client: Client, baseUrl: string): Promise<void> {
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
}

/** What the method and path of a route look like when they are asked for. */
function formOf(route: string): RegExp {
  const form = route
    .replace(/[.]/g, "\\.")
    .replace("{tile}", ".+")
    .replace(/\{\w+\}/g, "[^/]+");
  return new RegExp(`^${form}$`);
}

describe("every method of the client", () => {
  test("is taken by the doors, and every route of the document has its method", async () => {
    const { client, asked, baseUrl } = await signedIn();
    await callAll(client, baseUrl);
    const document = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as { paths: Record<string, object> };
    const paths = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const uncovered = paths.filter((path) => ![...asked].some((each) => formOf(path).test(each)));
    // Peers, descriptions for machines and for people, and the C2SP alias of the checkpoint are nobody's app calls.
    expect(uncovered.filter((path) => !/ \/peer\/| \/docs| \/\.well-known\/oauth/.test(path))).toEqual([]);
  });

  test("of a client of a chain goes to the routes of that chain", async () => {
    const { client, asked, baseUrl } = await signedIn({ chain });
    await callAll(client, baseUrl);
    const chainRoutes = Object.keys(routes).filter((name): name is RouteName => name in routes && isOfChain(name as RouteName));
    const missed = chainRoutes
      .map((name) => `${routes[name].method.toUpperCase()} ${onChain(routes[name].path, chain)}`)
      .filter((path) => ![...asked].some((each) => formOf(path).test(each)));
    expect(missed.filter((path) => !path.includes("/peer/"))).toEqual([]);
    const shortPaths = chainRoutes.map((name) => `${routes[name].method.toUpperCase()} ${routes[name].path}`);
    expect(shortPaths.filter((path) => [...asked].some((each) => formOf(path).test(each)))).toEqual([]);
  });

  test("refusals of the member come with code, language and request id", async () => {
    const { client } = await signedIn();
    const problem = await client.decideRequest({ request, decision: "approve", reason: "Not A Code" }).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(ClientProblem);
    expect(problem).toMatchObject({ code: "malformed-body", status: 400, problems: [{ field: "reason" }] });
    expect((problem as ClientProblem).requestId).toBeDefined();
  });
});
