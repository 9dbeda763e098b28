import { sign as signWith } from "node:crypto";
import {
  assemble,
  type CertificateClaims,
  digest,
  disclosure,
  issuerSignedHash,
  issuerSignedInput,
  issuerSignedJws,
  newStatusList,
  statusListInput,
  withStatus,
} from "@vermilion/certificates";
import {
  appendToTiles,
  applied,
  checkpointText,
  cosignatureKeyType,
  cosignatureLine,
  cosignatureMessage,
  formatPolicy,
  formatReceipt,
  fromBase64url,
  inclusionProof,
  type LeafRecord,
  leafHash,
  leafRecord,
  logKeyType,
  logSignatureLine,
  logSignatureMessage,
  lowS,
  memberPolicy,
  type Operation,
  type Outcome,
  originOf,
  type ParsedEntry,
  rootFromTiles,
  text,
  tileKey,
  toHex,
  utf8,
  verifierKey,
} from "@vermilion/ledger";
import { deflate, testBytes } from "../certificates/fixtures.ts";
import { crypto, entryOf, genesisOf, makeMember, type TestKey, type TestMember } from "../support/entries.ts";

/** A whole small chain, made with the ledger's own functions: what a verifier holds after one certificate was issued. */

export { crypto };
export const consortium = "vermilion.example";
export const issuedAtMs = 1_790_000_000_000;
export const certificateId = "1.2.156.3005.2.11100000000019991T001.91350200MA2XQ7K095.0F3A1C2B4D5E6F708192A3B4C5D6E7F8.001.H";
const statusUri = "http://127.0.0.1:7301/status/1";
const statusIndex = 7;
export const document = utf8("%PDF-1.7 a contract, 合同\n");

const memberIds = ["platform", "inspection", "customs", "tax"];

function signEs256(key: TestKey, message: Uint8Array): Uint8Array {
  return lowS(new Uint8Array(signWith("sha256", message, { key: key.privateKey, dsaEncoding: "ieee-p1363" })));
}

function signEd25519(key: TestKey, message: Uint8Array): Uint8Array {
  return new Uint8Array(signWith(null, message, key.privateKey));
}

function rawKey(key: TestKey): Uint8Array {
  return fromBase64url(key.jwk.x) ?? new Uint8Array();
}

export interface SdJwtOptions {
  readonly claims?: Partial<CertificateClaims>;
  readonly key?: TestKey;
  readonly kid?: string;
}

/** An SD-JWT of three fields by `member`, or signed by another key to deceive. */
export function sdJwtBy(member: TestMember, options: SdJwtOptions = {}): { readonly text: string; readonly jws: string } {
  const key = options.key ?? member.keys.sign;
  const claims: CertificateClaims = {
    vct: "urn:vermilion:type:moc-filing:1",
    iss: `${consortium}/${member.id}`,
    iat: issuedAtMs / 1000,
    jti: certificateId,
    part: "main",
    status: { status_list: { idx: statusIndex, uri: statusUri } },
    ...options.claims,
  };
  const fields = { enterpriseNameZh: "厦门市𠮷龘国际贸易有限公司", creditCode: "91350200MA2XQ7K095", customsCode: "3502960A12" };
  const disclosures = Object.entries(fields).map(([name, value]) => disclosure(testBytes(`salt ${name}`, 16), name, value));
  const digests = disclosures.map((each) => digest(each.text, crypto));
  const input = issuerSignedInput(claims, digests, { alg: "ES256", kid: options.kid ?? key.thumbprint });
  const jws = issuerSignedJws(input, signEs256(key, input));
  return {
    text: assemble(
      jws,
      disclosures.map((each) => each.text),
    ),
    jws,
  };
}

export function statusListBy(
  key: TestKey,
  status: number,
  options: { readonly iat?: number; readonly exp?: number; readonly uri?: string } = {},
): string {
  const list = withStatus(newStatusList(2, 64), statusIndex, status);
  const claims = {
    sub: options.uri ?? statusUri,
    iat: options.iat ?? issuedAtMs / 1000 + 60,
    ...(options.exp === undefined ? {} : { exp: options.exp }),
  };
  const input = statusListInput(claims, list, { alg: "ES256", kid: key.thumbprint }, deflate);
  return issuerSignedJws(input, signEs256(key, input));
}

export function issueOperation(issuerSigned: string, given: Readonly<Record<string, string | number>> = {}): Operation {
  return {
    contract: "certificates",
    operation: "issue",
    arguments: { certificate: certificateId, type: "moc-filing", typeVersion: 1, issuerSigned, disclosures: "0".repeat(64), ...given },
  };
}

/** One member's entry that issues the certificate and names the document. */
export function issueEntry(chain: string, author: TestMember, jws: string, operation?: Operation): ParsedEntry {
  const issuerSigned = issuerSignedHash(jws, crypto);
  const attachments = [
    { name: "issuer-signed", sha256: issuerSigned, size: jws.length },
    { name: "contract.pdf", sha256: toHex(crypto.sha256(document)), size: document.length },
  ];
  return entryOf(chain, [author.keys.sign], [operation ?? issueOperation(issuerSigned)], { attachments, time: issuedAtMs });
}

export interface World {
  readonly members: readonly TestMember[];
  readonly issuer: TestMember;
  readonly other: TestMember;
  readonly chain: string;
  readonly origin: string;
  readonly genesis: string;
  readonly policy: string;
  readonly sdJwt: string;
  readonly jws: string;
  readonly entry: ParsedEntry;
  /** Receipt of one leaf record, among others in the tree, cosigned by these members. */
  receiptOf(record: LeafRecord, cosignedBy?: readonly string[]): string;
  receiptOfEntry(entry: ParsedEntry, outcome?: Outcome): string;
}

export function makeWorld(): World {
  const members = memberIds.map(makeMember);
  const [issuer, other] = members;
  if (issuer === undefined || other === undefined) throw new Error("four members");
  const genesisEntry = genesisOf(members, { time: issuedAtMs - 1_000 });
  const chain = genesisEntry.transactionHash;
  const origin = originOf(consortium, chain);
  const rows = members.map(({ id, keys }) => ({ id, logKey: rawKey(keys.log), cosignKey: rawKey(keys.cosign) }));
  const policy = formatPolicy(memberPolicy({ consortiumName: consortium, origin, members: rows, quorum: 3 }, crypto));
  const { text: sdJwt, jws } = sdJwtBy(issuer);
  const entry = issueEntry(chain, issuer, jws);
  const genesis = `${JSON.stringify({ version: 1, entry: text(genesisEntry.bytes), header: "{}" })}\n`;

  function receiptOf(record: LeafRecord, cosignedBy: readonly string[] = ["platform", "inspection", "customs"]): string {
    const others: LeafRecord[] = ["a", "b", "c", "d"].map((each) => ({ kind: "header", outcome: "-", sha256: each.repeat(64) }));
    const records = [...others.slice(0, 2), record, ...others.slice(2)].map(leafRecord);
    const hashes = records.map((each) => leafHash(each, crypto));
    const tiles = new Map(appendToTiles(0, hashes, new Map(), crypto).map((tile) => [tileKey(tile), tile.bytes] as const));
    const size = records.length;
    const note = checkpointText({ origin, size, root: rootFromTiles(size, tiles, crypto) });
    const lines = members.flatMap(({ id, keys }) => {
      const log = verifierKey(origin, logKeyType, rawKey(keys.log), crypto);
      const cosigner = verifierKey(`${consortium}/${id}`, cosignatureKeyType, rawKey(keys.cosign), crypto);
      const seconds = issuedAtMs / 1000 + 1;
      return [
        ...(id === "tax" ? [logSignatureLine(log, signEd25519(keys.log, logSignatureMessage(note)))] : []),
        ...(cosignedBy.includes(id)
          ? [cosignatureLine(cosigner, seconds, signEd25519(keys.cosign, cosignatureMessage(seconds, note)))]
          : []),
      ];
    });
    return formatReceipt({
      record: leafRecord(record),
      index: 2,
      proof: inclusionProof(2, size, tiles, crypto),
      checkpoint: `${note}\n${lines.join("")}`,
    });
  }

  return {
    members,
    issuer,
    other,
    chain,
    origin,
    genesis,
    policy,
    sdJwt,
    jws,
    entry,
    receiptOf,
    receiptOfEntry: (given, outcome = applied) => receiptOf({ kind: "entry", outcome, sha256: given.entryHash }),
  };
}
