import {
  type Crypto,
  checkEntry,
  type EntryRefusal,
  type ParsedEntry,
  type PublicJwk,
  parseEntry,
  type StoredSignature,
} from "@vermilion/ledger";
import type { HostCrypto, Proposal } from "../ports/index.ts";

/** Bytes of entries that are remembered by their names; what they take in memory is a few times as much. */
const rememberedBytesMax = 16 * 1024 * 1024;

interface Answer {
  readonly key: PublicJwk;
  readonly holds: boolean;
}

/**
 * What this process knows of the entries in its hands, so that it parses each once and checks each signature once on the way from the door
 * to the ledger. Nothing here is more than a saving of work: what is not known is parsed and checked where it is needed. Bytes that have been
 * given here must not change.
 */
export class KnownEntries {
  private readonly crypto: HostCrypto;
  private readonly byBytes = new WeakMap<Uint8Array, ParsedEntry>();
  private readonly byTransaction = new Map<string, ParsedEntry>();
  private rememberedBytes = 0;
  private readonly answers = new WeakMap<StoredSignature, Answer>();

  constructor(crypto: HostCrypto) {
    this.crypto = crypto;
  }

  /** `parseEntry`, once for these very bytes. */
  parse(bytes: Uint8Array): ParsedEntry | EntryRefusal {
    const known = this.byBytes.get(bytes);
    if (known !== undefined) return known;
    const entry = parseEntry(bytes, this.crypto);
    if (!("refused" in entry)) this.byBytes.set(bytes, entry);
    return entry;
  }

  /** The entry of a proposal as the store gives it back: other bytes than those that came in, though mostly equal ones. */
  parseProposal({ transactionHash, entry }: Pick<Proposal, "transactionHash" | "entry">): ParsedEntry | EntryRefusal {
    const known = this.byTransaction.get(transactionHash);
    // The name is that of the payload alone: the same payload may stand under other signatures.
    return known !== undefined && Buffer.compare(known.bytes, entry) === 0 ? known : this.parse(entry);
  }

  /** Keeps an entry that will come back as a proposal. */
  remember(entry: ParsedEntry): void {
    if (this.byTransaction.has(entry.transactionHash)) return;
    this.byTransaction.set(entry.transactionHash, entry);
    this.rememberedBytes += entry.bytes.length;
    for (const transactionHash of this.byTransaction.keys()) {
      if (this.rememberedBytes <= rememberedBytesMax) break;
      this.forget(transactionHash);
    }
  }

  forget(transactionHash: string): void {
    this.rememberedBytes -= this.byTransaction.get(transactionHash)?.bytes.length ?? 0;
    this.byTransaction.delete(transactionHash);
  }

  /**
   * `checkEntry` of each, in their order. Signatures that were not checked with the same key before are checked now, all at one time beside
   * this thread where the host can; a signature alone is sooner checked here than handed over.
   */
  async check(
    entries: readonly ParsedEntry[],
    { chain, keyOf }: { readonly chain: string; readonly keyOf: (thumbprint: string) => PublicJwk | undefined },
  ): Promise<readonly (EntryRefusal | undefined)[]> {
    const unknown: { readonly signature: StoredSignature; readonly key: PublicJwk }[] = [];
    for (const [signature, signer] of entries.flatMap(signaturesOf)) {
      const key = signature.kid === signer ? keyOf(signer) : undefined;
      if (key !== undefined && this.answer(signature, key) === undefined) unknown.push({ signature, key });
    }
    if (unknown.length > 1 && this.crypto.verifyApart !== undefined) await Promise.all(unknown.map((one) => this.ask(one)));
    return entries.map((entry) => checkEntry(entry, { chain, keyOf, crypto: this.answering(entry.signatures) }));
  }

  private async ask({ signature, key }: { readonly signature: StoredSignature; readonly key: PublicJwk }): Promise<void> {
    const holds = await this.crypto.verifyApart?.(key, signature.signingInput, signature.signature);
    if (holds !== undefined) this.answers.set(signature, { key, holds });
  }

  private answer(signature: StoredSignature, key: PublicJwk): boolean | undefined {
    const known = this.answers.get(signature);
    return known !== undefined && isSameKey(known.key, key) ? known.holds : undefined;
  }

  /** The host's `Crypto`, but a signature of these that was checked before is not checked again. */
  private answering(signatures: readonly StoredSignature[]): Crypto {
    return {
      ...this.crypto,
      verify: (key, message, bytes) => {
        const signature = signatures.find((one) => one.signingInput === message && one.signature === bytes);
        if (signature === undefined) return this.crypto.verify(key, message, bytes);
        const holds = this.answer(signature, key) ?? this.crypto.verify(key, message, bytes);
        this.answers.set(signature, { key, holds });
        return holds;
      },
    };
  }
}

/** Each with the signer who should have made it. */
function signaturesOf({ signatures, payload }: ParsedEntry): readonly (readonly [StoredSignature, string | undefined])[] {
  return signatures.map((signature, place) => [signature, payload.signers[place]]);
}

function isSameKey(one: PublicJwk, other: PublicJwk): boolean {
  if (one.kty === "EC") return other.kty === "EC" && one.x === other.x && one.y === other.y;
  return other.kty === "OKP" && one.x === other.x;
}
