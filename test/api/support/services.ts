import type { CertificateType } from "@vermilion/certificates";
import type { AccountRow, CertificateRow, FileRow, MemberRow, RequestRow, TraceRow } from "@vermilion/contracts";
import { applied, parseTilePath } from "@vermilion/ledger";
import type { Disclosed, EntryView, LifeStep, Refused, Services, Submitted } from "@vermilion/member/services";

/**
 * Answers of fixed content, for tests of the doors alone: no rule of the domain is repeated here. What a test needs to be different
 * (a refusal, a fault, a delay) it puts in place of a member.
 */
export const hash = "ab".repeat(32);
export const address = `ver1${"0".repeat(40)}`;
export const certificateId = "1.2.156.3005.2.11100000000012154X001.11100000000012154X.A1.001.5";
export const requestName = `${hash}-0`;
const time = 1_800_000_000_000;
const key = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" } as const;
const names = { zh: "名", en: "name" };

export const committed: Submitted = { status: "committed", transactionHash: hash, outcome: applied, blockNumber: 7, leafIndex: 21, time };
export const pending: Submitted = { status: "pending", transactionHash: hash };
export const notFound = (refused: string): Refused => ({ refused, detail: "there is none" });

const certificate: CertificateRow = {
  certificate: certificateId,
  type: "trade",
  typeVersion: 1,
  version: 1,
  issuer: "platform",
  holder: null,
  status: "valid",
  issuedAt: time,
  expiresAt: null,
  listed: "000000000007/00000/00",
  transaction: hash,
  height: 7,
  parts: {
    main: {
      owner: "platform",
      fields: ["name"],
      commitments: { name: hash },
      issuerSigned: hash,
      disclosures: hash,
      typeVersion: 1,
      status: { list: 0, index: 1 },
      revision: 1,
      transaction: hash,
      height: 7,
      at: time,
    },
  },
};

const type: CertificateType = {
  id: "trade",
  version: 1,
  names,
  code: "11100000000012154X001",
  fields: [],
  parts: [],
  issuers: ["platform"],
  policies: [],
};
const member: MemberRow = {
  id: "platform",
  names,
  uscc: "11100000000012154X",
  url: "http://127.0.0.1:1",
  keys: { sign: key, log: key, cosign: key, agree: key },
  status: "active",
  incarnation: 0,
};
const request: RequestRow = {
  request: requestName,
  certificate: certificateId,
  version: 1,
  part: "main",
  fields: ["name"],
  reader: "tax",
  owner: "platform",
  purpose: "audit",
  serviceItem: "refund",
  basis: "law",
  way: "details",
  by: { app: "a", operator: "o" },
  status: "pending",
  standing: false,
  deadline: time,
  openedAt: time,
  transaction: hash,
  height: 7,
};
const trace: TraceRow = { kind: "issued", at: time, who: { kind: "member", id: "platform" }, transaction: hash, height: 7 };
const account: AccountRow = { address, kind: "holder", name: "n", jwk: key, member: "tax", at: time, transaction: hash };
const disclosed: Disclosed = {
  request: requestName,
  certificate: certificateId,
  version: 1,
  part: "main",
  owner: "platform",
  purpose: "audit",
  grantTransaction: hash,
  fields: { name: "商务部" },
};
const fileRow: FileRow = {
  version: 1,
  file: hash,
  hashAlgorithm: "sha256",
  dataType: "text/plain",
  size: 17,
  chunks: 1,
  chunkBytes: 8_388_608,
  plain: hash,
  owner: "tax",
  transaction: hash,
  height: 7,
  at: time,
};
const chunks = {
  file: hash,
  size: 17,
  chunkBytes: 8_388_608,
  hashes: [hash],
  links: [{ chunk: 0, url: `http://127.0.0.1:1/v1/file-chunks/${hash}.0.1.${"A".repeat(43)}`, headers: {}, until: time }],
};
const block = { height: 7, hash, previous: hash, time, term: 1, proposer: "platform", first: 20, count: 1, root: hash, state: hash };
export const entryView: EntryView = {
  transactionHash: hash,
  entryHash: hash,
  outcome: "applied",
  blockNumber: 7,
  position: 0,
  leafIndex: 20,
  time,
  entry: "{}",
  changed: [{ kind: "certificate", id: certificateId }],
  payload: {},
};
export const certificateItem = {
  ...certificate,
  typeNames: names,
  issuerNames: names,
  awaiting: [{ part: "inspection", names, mayComplete: true }],
};
const lifeStep: LifeStep = {
  kind: "issued",
  status: "valid",
  at: time,
  who: { kind: "member", id: "customs" },
  part: "main",
  document: hash,
  transaction: hash,
  height: 7,
};
const figure = { member: "customs", act: "issued", count: 1, entries: "/v1/entries?operation=certificates.issue" };
const checkpoint = "c/ab\n22\nAAAA\n\n— sig\n";
const chainHealth = {
  chain: hash,
  role: "leader",
  term: 1,
  leader: null,
  asleep: false,
  height: 7,
  size: 22,
  finalSize: 22,
  headHash: hash,
  state: hash,
};

export function fakeServices(): Services {
  const issued = { ...committed, certificate: certificateId, issuerSignedSha256: hash, sdJwt: "secret~disclosure~" };
  return {
    health: async () => ({ member: "customs", status: "ok", ready: true, reasons: [], chains: [chainHealth] }),
    consortium: async () => ({
      name: "c",
      names,
      chain: hash,
      origin: "c/ab",
      members: 4,
      majority: 3,
      quorum: 3,
      accountable: 2,
      policy: "",
    }),
    members: async () => ({ items: [member] }),
    defineType: async () => committed,
    types: async () => ({ items: [type], next: "more" }),
    type: async () => type,
    issueCertificate: async () => issued,
    completeCertificate: async () => issued,
    renewCertificate: async () => issued,
    correctCertificate: async () => issued,
    suspendCertificate: async () => committed,
    resumeCertificate: async () => committed,
    revokeCertificate: async () => committed,
    receiveCertificate: async () => committed,
    certificateHistory: async () => ({ items: [lifeStep] }),
    certificateStatus: async () => ({
      certificate: certificateId,
      status: "valid",
      since: time,
      expiresAt: null,
      asOf: { blockNumber: 9, time },
    }),
    statusList: async () => ({ token: "a.b.c", ttl: 300 }),
    certificate: async () => certificate,
    certificates: async () => ({ items: [certificateItem] }),
    countCertificates: async () => ({ count: 1, atLeast: false }),
    openRequest: async () => ({ ...committed, request: requestName, state: "pending" }),
    request: async () => request,
    requests: async () => ({ items: [request] }),
    decideRequest: async () => committed,
    grantedFields: async () => disclosed,
    ownFields: async () => disclosed,
    certificateTrace: async () => ({ items: [trace] }),
    registerAccount: async () => ({ ...committed, address }),
    account: async () => account,
    verifyCertificate: async () => ({ ...committed, verdicts: { integrity: "holds", status: "valid", issuer: "holds" } }),
    certificatesOfHolder: async (_call, reader) => ({
      items: [
        {
          ...certificate,
          issuerCode: "11100000000012154X",
          disclosed: [],
          withheld: reader === undefined ? [] : [{ part: "main", request: null, code: "record-key-not-here" }],
        },
      ],
    }),
    beginFile: async ({ file }) => ({ file, complete: false, registered: false, missing: [0], sends: [{ through: "api", chunk: 0 }] }),
    sendChunk: async ({ file, chunk }) => ({ file, chunk }),
    completeFile: async ({ file }) => ({ ...committed, file }),
    abandonFile: async ({ file }) => ({ file }),
    file: async () => fileRow,
    ownFile: async () => chunks,
    grantedFile: async () => ({ ...chunks, reference: `vermilion-file/1 ${hash} 17 text/plain ${"A".repeat(43)} a.txt` }),
    fileChunk: async () => new Uint8Array(17),
    async *bulkCertificates(lines) {
      for await (const { key } of lines) yield { key, ...issued };
    },
    depositEvidence: async () => ({ ...committed, evidence: requestName, root: hash, count: 1 }),
    evidence: async () => ({
      evidence: requestName,
      root: hash,
      count: 1,
      digests: hash,
      owner: "customs",
      by: { app: "desk", operator: "li-si" },
      transaction: hash,
      height: 7,
      at: time,
    }),
    evidenceReceipt: async () => ({
      digest: hash,
      index: 0,
      count: 1,
      root: hash,
      path: [],
      evidence: requestName,
      transactionHash: hash,
      final: true,
      receipt: "c2sp.org/tlog-proof@v1\n",
      entry: "{}",
    }),
    blockByHash: async () => block,
    entries: async () => ({ items: [{ ...entryView, acts: 1 }] }),
    statistics: async () => ({
      height: 7,
      blocks: 8,
      entries: 14,
      finalSize: 22,
      members: [{ id: "customs", names, status: "active" }],
      certificates: { total: 1, revoked: 0, replaced: 0 },
      countedFrom: 0,
      asOf: { blockNumber: 9, time },
    }),
    blockFigures: async () => ({ items: [{ from: time, to: time + 1, blocks: 1, firstBlock: 7, lastBlock: 7, entries: 2 }] }),
    contributions: async () => ({ items: [figure] }),
    uses: async () => ({ items: [figure] }),
    block: async () => block,
    blocks: async () => ({ items: [block], next: "6" }),
    header: async () => '{"payload":"","signatures":[]}',
    entriesOfBlock: async () => ({ items: [entryView] }),
    entry: async () => entryView,
    attachment: async () => Uint8Array.of(1, 2, 3),
    submission: async () => committed,
    checkpoint: async () => checkpoint,
    logCheckpoint: async () => checkpoint,
    cosignatures: async () => ({ size: 22, lines: { platform: "— line" } }),
    policy: async () => "log …\n",
    tile: async ({ tile }) => {
      const parsed = parseTilePath(`tile/${tile}`);
      if (parsed === undefined) return notFound("unknown-tile");
      const { level, index, width } = parsed;
      return Uint8Array.of(level === "entries" ? 255 : level, index, width & 255);
    },
    inclusionProof: async () => ({ leafHash: hash, proof: [hash], root: hash }),
    consistencyProof: async () => ({ proof: [hash] }),
    receipt: async () => ({ transactionHash: hash, final: true, leafIndex: 20, size: 22, receipt: "c2sp.org/tlog-proof@v1\n" }),
    lookup: async () => ({
      found: true,
      kind: "transaction",
      transactionHash: hash,
      outcome: "applied",
      blockNumber: 7,
      leafIndex: 20,
      time,
      issuer: null,
      part: null,
      status: null,
      file: null,
      evidence: null,
      receipt: `/v1/receipts/${hash}`,
      also: [],
      final: true,
      asOf: { blockNumber: 9, time },
    }),
  };
}
