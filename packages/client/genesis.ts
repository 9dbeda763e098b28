import {
  type Crypto,
  checkEntry,
  genesisChain,
  type Hash,
  isJsonObject,
  type Json,
  type JsonObject,
  originOf,
  type PublicJwk,
  parseEntry,
  parsePublicJwk,
  parseStrict,
  thumbprint,
  utf8,
} from "@vermilion/ledger";

/** Key of an authority, from a source that the verifier trusts. `issuer` is `<consortium name>/<member id>`, as in an SD-JWT's `iss`. */
export interface IssuerKey {
  readonly issuer: string;
  readonly jwk: PublicJwk;
}

/** What a genesis file says once its founders' signatures are checked. */
export interface Genesis {
  readonly name: string;
  /** Transaction hash of the genesis entry: the id of the chain. */
  readonly chain: Hash;
  /** As the chain's checkpoints begin. */
  readonly origin: string;
  readonly issuerKeys: readonly IssuerKey[];
}

export type GenesisCode = "malformed-genesis" | "genesis-not-signed";
export type GenesisRefusal = { readonly refused: GenesisCode; readonly detail: string };

const genesisBytesMax = 512 * 1024;
const foundersMax = 128;

/**
 * Reads a genesis file (`{version: 1, entry, header}`). A genesis proves nothing by itself, anybody can found a consortium: what counts is
 * that its chain id is the one that a receipt's origin and an entry name. The header is not needed for that and not looked at.
 */
export function readGenesis(text: string, crypto: Crypto): Genesis | GenesisRefusal {
  const file = parseStrict(utf8(text), { bytesMax: genesisBytesMax, depthMax: 4 });
  if ("refused" in file) return malformed(file.detail);
  const stored = isJsonObject(file.value) && file.value["version"] === 1 ? file.value["entry"] : undefined;
  if (typeof stored !== "string") return malformed("not a genesis file of version 1");
  const entry = parseEntry(utf8(stored), crypto);
  if ("refused" in entry) return malformed(entry.detail);
  const { chain, operations, signers } = entry.payload;
  const [found, ...others] = operations;
  if (chain !== genesisChain || found?.contract !== "consortium" || found.operation !== "found" || others.length > 0) {
    return malformed("the entry founds no consortium");
  }
  const founders = foundersOf(found.arguments);
  if (founders === undefined) return malformed("the founders or their keys are malformed");
  const { name, members } = founders;
  const keys = new Map(members.map(({ sign }) => [thumbprint(sign, crypto), sign]));
  const expected = [...keys.keys()];
  if (expected.length !== signers.length || expected.some((kid, place) => kid !== signers[place])) {
    return { refused: "genesis-not-signed", detail: "the signers are not the founders in order" };
  }
  const refusal = checkEntry(entry, { chain: genesisChain, keyOf: (kid) => keys.get(kid), crypto });
  if (refusal !== undefined) return { refused: "genesis-not-signed", detail: refusal.detail };
  return {
    name,
    chain: entry.transactionHash,
    origin: originOf(name, entry.transactionHash),
    issuerKeys: members.map(({ id, sign }) => ({ issuer: `${name}/${id}`, jwk: sign })),
  };
}

function malformed(detail: string): GenesisRefusal {
  return { refused: "malformed-genesis", detail };
}

interface Founders {
  readonly name: string;
  readonly members: readonly { readonly id: string; readonly sign: PublicJwk }[];
}

function foundersOf(given: JsonObject): Founders | undefined {
  const { name, members } = given;
  if (typeof name !== "string" || !Array.isArray(members) || members.length === 0 || members.length > foundersMax) return undefined;
  const read = members.map((member: Json) => {
    const { id, keys } = isJsonObject(member) ? member : {};
    const sign = isJsonObject(keys) ? parsePublicJwk(keys["sign"]) : undefined;
    return typeof id === "string" && sign !== undefined ? { id, sign } : undefined;
  });
  const known = read.filter((member) => member !== undefined);
  return known.length === read.length ? { name, members: known } : undefined;
}
