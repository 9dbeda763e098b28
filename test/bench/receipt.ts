import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { nobleCrypto } from "@vermilion/client/noble-crypto";
import {
  applied,
  type Crypto,
  checkpointText,
  cosignatureKeyType,
  cosignatureLine,
  cosignatureMessage,
  cosignerName,
  defaultQuorum,
  formatPolicy,
  formatReceipt,
  fromBase64url,
  leafHash,
  leafRecord,
  logKeyType,
  logSignatureLine,
  logSignatureMessage,
  memberPolicy,
  nodeHash,
  originOf,
  parsePolicy,
  toHex,
  verifierKey,
  verifyReceipt,
} from "@vermilion/ledger";
import { defaultMembers, defaultName } from "@vermilion/local";
import { nativeCrypto } from "@vermilion/node";
import type { Cleanup } from "./cleanup.ts";
import { atRest, type BenchConsortium, startConsortium } from "./consortium.ts";
import { type Figure, percent, round, type Settings } from "./figure.ts";
import { type MachineLimits, perSecond } from "./limits.ts";
import { benchFields, benchTypeId } from "./material.ts";
import { growBy } from "./n3.ts";

const bytesMax = 2_560;
/** The design's bound for a browser, held here against noble in Node. */
const verifyMsMax = 10;
const manyLeaves = 10_000_000;

interface Sized {
  readonly tree: string;
  readonly leaves: number;
  readonly bytes: number;
  readonly nativeUs: number;
  readonly nobleUs: number;
}

interface Proof {
  readonly leaves: number;
  readonly receipt: string;
  readonly policy: string;
}

/** Size of a receipt and the time to verify it, on a real ledger and computed for a large one. */
export async function measureReceipt(settings: Settings, limits: MachineLimits, cleanup: Cleanup): Promise<Figure> {
  settings.progress("receipt: starting four members");
  const consortium = await startConsortium(settings, cleanup);
  const small = await takeReceipt(consortium);
  settings.progress("receipt: growing the ledger");
  await growBy(consortium, Math.max(60, Math.round(settings.seconds * 300)));
  const grown = await takeReceipt(consortium);
  await consortium.stop();
  settings.progress("receipt: verifying");
  const forMs = Math.min(500, settings.seconds * 100);
  const sizes = [
    sizedOf("real, four members", small, forMs),
    sizedOf("real, four members", grown, forMs),
    sizedOf("computed, four members", computed(manyLeaves, defaultMembers), forMs),
    sizedOf(
      "computed, four members with the longest ids (32 characters)",
      computed(
        manyLeaves,
        ["a", "b", "c", "d"].map((id) => id.repeat(32)),
      ),
      forMs,
    ),
  ];

  const policyUs = Math.round(1e6 / perSecond(forMs, () => parsePolicy(small.policy, nativeCrypto)));
  const large = sizes[2];
  const largest = Math.max(...sizes.map(({ bytes }) => bytes));
  if (large === undefined) throw new Error("bug: no computed receipt");
  const perS = 1e6 / large.nativeUs;
  const checks = 1 + defaultQuorum(defaultMembers.length);
  const limit = limits.ed25519ChecksPerS / checks;
  const nobleMs = large.nobleUs / 1_000;
  return {
    definition:
      "The C2SP tlog-proof text with the leaf record in it, of the last certificate issued, as GET /v1/receipts answers it, at two sizes of a real ledger of four members; and computed " +
      "for the first leaf of a tree of 10,000,000 leaves with random sibling hashes, the longest path of that tree, with real signatures. Verified by `verifyReceipt` from receipt and policy " +
      "text alone, both parsed each time, with node:crypto (native) and with noble (plain JavaScript, as in a browser) in Node.",
    signed: `Checked: one log signature and ${checks - 1} cosignatures (Ed25519), the inclusion path (SHA-256)`,
    store: "none: a text",
    durability: "none: a text",
    result: { sizes, bytesPerDoubling: 45, policyUs, nativePerS: Math.round(perS), noblePerS: Math.round(1e6 / large.nobleUs) },
    limit: { name: `receipts by native Ed25519 checks alone, one core (${checks} each)`, value: Math.round(limit), unit: "1/s" },
    ratio: round(perS / limit, 4),
    explanation:
      `${percent(perS / limit)} of what its ${checks} Ed25519 checks alone would allow (${Math.round((checks * 1e6) / limits.ed25519ChecksPerS)} of ${large.nativeUs} µs); ` +
      `reading the policy, whose keys are each checked to be strict, takes ${policyUs} µs, so a verifier that keeps the parsed policy saves as much; the rest is reading the receipt and ` +
      `${Math.ceil(Math.log2(manyLeaves))} hashes of the path.`,
    targets: [
      { name: "receipt, largest", required: true, wanted: bytesMax, measured: largest, unit: "bytes", met: largest <= bytesMax },
      {
        name: "verify in plain JavaScript",
        required: false,
        wanted: verifyMsMax,
        measured: round(nobleMs, 2),
        unit: "ms",
        met: nobleMs <= verifyMsMax,
      },
    ],
  };
}

async function takeReceipt({ members, policy }: BenchConsortium): Promise<Proof> {
  const [issuer] = members;
  if (issuer === undefined) throw new Error("a consortium without members");
  const issued = await issuer.client.issueCertificate({ type: benchTypeId, fields: benchFields() });
  await atRest(members);
  const { receipt, final, size } = await issuer.client.receipt({ transactionHash: issued.transactionHash, wait: 10 });
  if (!final) throw new Error("no final receipt");
  return { leaves: size, receipt, policy };
}

function sizedOf(tree: string, { leaves, receipt, policy }: Proof, forMs: number): Sized {
  return {
    tree,
    leaves,
    bytes: Buffer.byteLength(receipt),
    nativeUs: microsToVerify(receipt, policy, nativeCrypto, forMs),
    nobleUs: microsToVerify(receipt, policy, nobleCrypto, forMs),
  };
}

function microsToVerify(receipt: string, policy: string, crypto: Crypto, forMs: number): number {
  const verify = () => {
    const verified = verifyReceipt(receipt, policy, crypto);
    if ("refused" in verified) throw new Error(`the receipt does not verify: ${verified.refused} ${verified.detail}`);
  };
  return Math.round(1e6 / perSecond(forMs, verify));
}

/** A receipt of leaf 0 in a tree of so many leaves: the path is as long as it gets, the root is what path and leaf make it. */
function computed(leaves: number, members: readonly string[]): Proof {
  const record = leafRecord({ kind: "entry", outcome: applied, sha256: toHex(randomBytes(32)) });
  const proof = Array.from({ length: Math.ceil(Math.log2(leaves)) }, () => new Uint8Array(randomBytes(32)));
  const root = proof.reduce((hash, sibling) => nodeHash(hash, sibling, nativeCrypto), leafHash(record, nativeCrypto));
  const origin = originOf(defaultName, toHex(randomBytes(32)));
  const text = checkpointText({ origin, size: leaves, root });
  const seconds = Math.floor(Date.now() / 1_000);
  const keys = members.map((id) => ({ id, log: ed25519(), cosign: ed25519() }));
  const quorum = defaultQuorum(members.length);
  const [first] = keys;
  if (first === undefined) throw new Error("bug: a consortium without members");
  const log = logSignatureLine(
    verifierKey(origin, logKeyType, first.log.raw, nativeCrypto),
    new Uint8Array(sign(null, logSignatureMessage(text), first.log.privateKey)),
  );
  const lines = keys.slice(0, quorum).map(({ id, cosign }) => {
    const key = verifierKey(cosignerName(defaultName, id), cosignatureKeyType, cosign.raw, nativeCrypto);
    return cosignatureLine(key, seconds, new Uint8Array(sign(null, cosignatureMessage(seconds, text), cosign.privateKey)));
  });
  const chain = {
    consortiumName: defaultName,
    origin,
    quorum,
    members: keys.map(({ id, log: logKey, cosign }) => ({ id, logKey: logKey.raw, cosignKey: cosign.raw })),
  };
  const checkpoint = `${text}\n${[log, ...lines].map((line) => line.trimEnd()).join("\n")}\n`;
  return {
    leaves,
    receipt: formatReceipt({ record, index: 0, proof, checkpoint }),
    policy: formatPolicy(memberPolicy(chain, nativeCrypto)),
  };
}

function ed25519() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = fromBase64url(publicKey.export({ format: "jwk" }).x ?? "");
  if (raw === undefined) throw new Error("bug: a new key has no coordinate");
  return { raw, privateKey };
}
