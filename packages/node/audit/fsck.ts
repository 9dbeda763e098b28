import {
  appendToTiles,
  type Crypto,
  canonicalText,
  checkEntry,
  checkHeader,
  emptyState,
  equalBytes,
  formatOutcome,
  frontierRoot,
  leafHash,
  type ParsedEntry,
  type ParsedHeader,
  type PublicJwk,
  parseEntry,
  parseHeader,
  tileKey,
  tilesTouchedBy,
  toHex,
} from "@vermilion/ledger";
import { isCommitCertificate } from "../chain/acknowledge.ts";
import { emptyStanding, entryRecord, frontierOf, headerRecord, outcomeAt, treeAfter } from "../chain/block.ts";
import { type Executing, registeredKeys } from "../chain/execution.ts";
import { missingNames, namesIn } from "../chain/names.ts";
import type { GenesisFile } from "../context.ts";
import { checkGenesis, type Genesis } from "../founding/genesis.ts";
import { parseCertificate } from "../peers/wire.ts";
import type { EntryPlace, ExecutedBlock, Ledger, Standing, TileData } from "../ports/index.ts";
import type { Membership, Rules } from "../rules.ts";
import { LoadedState } from "../state/loaded-state.ts";
import { type CheckedTree, checkFinality } from "./fsck-finality.ts";
import { ReplayState, replayBlock } from "./replay.ts";

/** One thing that is not as it must be, and where. */
export interface FsckFinding {
  /** For example `block 12 entry 3`, `state row certificate/…`, `tile 0/4`. */
  readonly place: string;
  readonly problem: string;
}

export interface FsckReport {
  readonly blocks: number;
  readonly entries: number;
  readonly findings: readonly FsckFinding[];
}

/** What reading a ledger back needs: the same as rebuilding it. */
export interface FsckNeeds {
  readonly ledger: Ledger;
  readonly crypto: Crypto;
  readonly rules: Rules;
}

const findingsMax = 100;

/**
 * Reads a member's copy of a chain back from its bytes, trusting nothing but the genesis: every header, entry, signature and attachment,
 * every link, every block executed again; then everything derived, row by row. Any flipped byte is found and its place named.
 */
export async function fsck(
  needs: FsckNeeds,
  genesisFile: GenesisFile,
  onProgress: (height: number, of: number) => void = () => undefined,
): Promise<FsckReport> {
  const genesis = checkGenesis(genesisFile, needs.crypto, needs.rules);
  if ("refused" in genesis) return { blocks: 0, entries: 0, findings: [{ place: "genesis file", problem: genesis.detail }] };
  const check = new Check(needs, genesis);
  await check.blocks(onProgress);
  if (check.findings.length === 0) await check.derived();
  return { blocks: check.height + 1, entries: check.entries, findings: check.findings };
}

class Check {
  readonly findings: FsckFinding[] = [];
  height = -1;
  entries = 0;
  private readonly ledger: Ledger;
  private readonly genesis: Genesis;
  private readonly crypto: Crypto;
  private readonly state = new ReplayState();
  private readonly executing: Executing;
  private readonly tiles = new Map<string, TileData>();
  private readonly leafRecords: Uint8Array[] = [];
  private readonly places: EntryPlace[] = [];
  private readonly trees: CheckedTree[] = [];
  /** As of the block that is checked. */
  private membership: Membership;
  private standing: Standing;

  constructor({ ledger, crypto, rules }: FsckNeeds, genesis: Genesis) {
    this.ledger = ledger;
    this.genesis = genesis;
    this.membership = genesis.membership;
    this.crypto = crypto;
    this.executing = { ledger: this.state.reads, crypto, rules };
    this.standing = emptyStanding(emptyState(crypto));
  }

  async blocks(onProgress: (height: number, of: number) => void): Promise<void> {
    const head = await this.guarded("head", () => this.ledger.head());
    if (head === undefined) return this.find("head", "the ledger is empty");
    for (let height = 0; height <= head.height; height++) {
      // What stands on a broken block cannot be judged.
      if (!(await this.block(height))) return;
      this.height = height;
      onProgress(height, head.height);
    }
    if (this.standing.hash !== head.hash) this.find("head", "the head names another block than the chain ends with");
  }

  private find(place: string, problem: string): void {
    if (this.findings.length < findingsMax) this.findings.push({ place, problem });
  }

  /** A store whose bytes are damaged may throw anything: that, too, is a finding with a place. */
  private async guarded<T>(place: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (cause) {
      this.find(place, `cannot be read: ${cause instanceof Error ? cause.message : "unknown"}`);
      return undefined;
    }
  }

  private async block(height: number): Promise<boolean> {
    const place = `block ${height}`;
    const before = this.findings.length;
    const hashes = await this.guarded(place, () => this.ledger.hashesFrom(height, 1));
    const hash = hashes?.[0];
    const block = hash === undefined ? undefined : await this.guarded(place, () => this.ledger.readBlock(hash));
    if (hash === undefined || block === undefined) {
      if (this.findings.length === before) this.find(place, "is not held");
      return false;
    }
    if (height > 0) this.membership = await this.membershipAt(height);
    const header = this.header(place, height, hash, block);
    const entries = header === undefined ? undefined : await this.checkedEntries(place, block, header);
    if (header === undefined || entries === undefined) return false;
    await this.attachments(place, entries, block);
    await this.certificate(place, height, hash, header);
    await this.replay(place, header, entries, block);
    this.entries += entries.length;
    return this.findings.length === before;
  }

  private membershipAt(height: number): Promise<Membership> {
    const { ledger, rules } = this.executing;
    return LoadedState.on(ledger, { published: this.standing, above: [] }).ask((state) => rules.membershipAt(state, height));
  }

  private header(place: string, height: number, hash: string, block: ExecutedBlock): ParsedHeader | undefined {
    const header = parseHeader(block.header, this.crypto);
    if ("refused" in header) return this.findNothing(`${place} header`, `${header.refused}: ${header.detail}`);
    const { payload } = header;
    if (header.headerHash !== hash) this.find(`${place} header`, `its bytes hash to ${header.headerHash}, it is stored as ${hash}`);
    if (payload.height !== height || payload.previous !== this.standing.hash)
      this.find(`${place} header`, "does not continue the block before");
    if (payload.chain !== this.genesis.chain) this.find(`${place} header`, "is of another chain");
    if (payload.first !== this.standing.size || payload.count !== block.entries.length)
      this.find(`${place} header`, "counts other entries");
    if (height > 0 && payload.time <= this.standing.time) this.find(`${place} header`, "its time does not increase");
    const refusal = checkHeader(header, this.membership.members.get(payload.proposer)?.keys.sign, this.crypto);
    if (refusal !== undefined) this.find(`${place} header`, `${refusal.refused}: ${refusal.detail}`);
    if (block.term !== payload.term || block.previous !== payload.previous)
      this.find(place, "is stored under another term or predecessor than its header says");
    if (height === 0 && hash !== this.genesis.block.after.hash) this.find(`${place} header`, "is not the genesis of this consortium");
    return header;
  }

  private findNothing(place: string, problem: string): undefined {
    this.find(place, problem);
    return undefined;
  }

  private async checkedEntries(place: string, block: ExecutedBlock, header: ParsedHeader): Promise<readonly ParsedEntry[] | undefined> {
    const entries: ParsedEntry[] = [];
    for (const [position, bytes] of block.entries.entries()) {
      const entry = parseEntry(bytes, this.crypto);
      if ("refused" in entry) return this.findNothing(`${place} entry ${position}`, `${entry.refused}: ${entry.detail}`);
      entries.push(entry);
    }
    if (header.payload.height === 0) return entries;
    const signers = entries.flatMap((entry) => entry.payload.signers);
    const keys = await registeredKeys(this.executing, { published: this.standing, above: [] }, signers);
    const keyOf = (thumbprint: string): PublicJwk | undefined => keys.get(thumbprint);
    entries.forEach((entry, position) => {
      const refusal = checkEntry(entry, { chain: this.genesis.chain, keyOf, crypto: this.crypto });
      if (refusal !== undefined) this.find(`${place} entry ${position}`, `${refusal.refused}: ${refusal.detail}`);
    });
    return entries;
  }

  /** Attachments for an audience are held by some members only; those that are must be right. */
  private async attachments(place: string, entries: readonly ParsedEntry[], block: ExecutedBlock): Promise<void> {
    const held = new Map(block.attachments.map(({ sha256, bytes }) => [sha256, bytes]));
    for (const [position, entry] of entries.entries()) {
      for (const { name, sha256, size, audience } of entry.payload.attachments) {
        const where = `${place} entry ${position} attachment ${name}`;
        const bytes = audience === undefined ? held.get(sha256) : await this.guarded(where, () => this.ledger.sealed(sha256));
        if (bytes === undefined) {
          if (audience === undefined) this.find(where, "is not held");
        } else if (bytes.length !== size || toHex(this.crypto.sha256(bytes)) !== sha256) {
          this.find(where, "its bytes are not those that the entry names");
        }
      }
    }
  }

  private async certificate(place: string, height: number, hash: string, header: ParsedHeader): Promise<void> {
    const bytes = await this.guarded(`${place} certificate`, () => this.ledger.certificate(height));
    if (bytes === undefined) return;
    const certificate = await this.guarded(`${place} certificate`, async () => parseCertificate(bytes));
    if (certificate === undefined) return;
    const { position } = certificate;
    const own = position.hash === hash && position.height === height && position.term === header.payload.term;
    const context = { chain: this.genesis.chain, crypto: this.crypto };
    if (!own || !isCommitCertificate(context, this.membership, certificate)) this.find(`${place} certificate`, "does not verify");
  }

  private async replay(place: string, header: ParsedHeader, entries: readonly ParsedEntry[], block: ExecutedBlock): Promise<void> {
    const { payload } = header;
    const replayed = await replayBlock(this.executing, this.standing, payload, entries);
    for (const difference of replayed.differences) this.find(place, difference);
    replayed.outcomes.forEach((outcome, position) => {
      const [stored, replay] = [formatOutcome(outcomeAt(block.outcomes, position)), formatOutcome(outcome)];
      if (stored !== replay) this.find(`${place} entry ${position}`, `stored outcome ${stored}, replay gives ${replay}`);
    });
    if (canonicalText(block.writes) !== canonicalText(replayed.writes)) {
      this.find(`${place} write set`, "is not what replay gives");
    }
    const records = [
      ...entries.map((entry, position) => entryRecord(entry.entryHash, outcomeAt(replayed.outcomes, position))),
      headerRecord(header.headerHash),
    ];
    const after = treeAfter(this.standing, entries, replayed.outcomes, this.crypto).standing(header.bytes, payload);
    if (canonicalText(block.after) !== canonicalText(after)) this.find(`${place} standing`, "is not what replay gives");
    this.grow(records);
    entries.forEach(({ transactionHash, entryHash }, position) => {
      const outcome = outcomeAt(replayed.outcomes, position);
      this.places.push({ transactionHash, entryHash, height: payload.height, position, index: payload.first + position, outcome });
    });
    this.trees.push({ size: after.size, root: frontierRoot(frontierOf(after), this.crypto), membership: this.membership });
    this.state.apply(replayed.writes, payload.height);
    this.standing = after;
  }

  private grow(records: readonly Uint8Array[]): void {
    const loaded = new Map<string, Uint8Array>();
    for (const tile of tilesTouchedBy(this.standing.size, records.length)) {
      const held = this.tiles.get(tileKey(tile));
      if (held !== undefined) loaded.set(tileKey(tile), held.hashes);
    }
    const hashes = records.map((record) => leafHash(record, this.crypto));
    for (const { level, index, bytes } of appendToTiles(this.standing.size, hashes, loaded, this.crypto)) {
      this.tiles.set(tileKey({ level, index }), { level, index, hashes: bytes });
    }
    this.leafRecords.push(...records);
  }

  /** Everything that is served from derived rows must be what the blocks give. */
  async derived(): Promise<void> {
    const { ledger, genesis, crypto } = this;
    const published = await this.guarded("published standing", () => this.ledger.published());
    if (published === undefined) return this.find("published standing", "is missing: rebuild");
    if (published.hash !== this.standing.hash)
      return this.find("published standing", `stands at height ${published.height}: start the member or rebuild`);
    if (canonicalText(published) !== canonicalText(this.standing)) this.find("published standing", "is not that of the head");
    await this.stateRows();
    await this.entryPlaces();
    await this.names();
    await this.guarded("cosignatures", () =>
      checkFinality({ ledger, genesis, crypto, trees: this.trees, find: (place, problem) => this.find(place, problem) }),
    );
    for (const tile of this.tiles.values()) {
      const [stored] = (await this.guarded(`tile ${tileKey(tile)}`, () => this.ledger.tiles([tile]))) ?? [];
      if (stored === undefined || !equalBytes(stored, tile.hashes)) this.find(`tile ${tileKey(tile)}`, "is not what the leaves give");
    }
    for (let first = 0; first < this.leafRecords.length; first += 256) {
      const wanted = this.leafRecords.slice(first, first + 256);
      const stored = (await this.guarded(`leaf ${first}`, () => this.ledger.leafRecords(first, wanted.length))) ?? [];
      wanted.forEach((record, place) => {
        const other = stored[place];
        if (other === undefined || !equalBytes(other, record)) this.find(`leaf ${first + place}`, "its record is not that of the entry");
      });
    }
  }

  private async entryPlaces(): Promise<void> {
    for (const expected of this.places) {
      const place = `index of entry ${expected.transactionHash}`;
      const stored = await this.guarded(place, () => this.ledger.entryPlace(expected.transactionHash));
      if (stored === undefined || canonicalText({ ...stored }) !== canonicalText({ ...expected }))
        this.find(place, "is not where the entry stands");
    }
  }

  /** Block by block from the store: all names together would be too much for the memory. */
  private async names(): Promise<void> {
    for (let height = 0; height <= this.height; height++) {
      const place = `names of block ${height}`;
      const [hash = ""] = (await this.guarded(place, () => this.ledger.hashesFrom(height, 1))) ?? [];
      const block = await this.guarded(place, () => this.ledger.readBlock(hash));
      if (block === undefined) return this.find(place, "the block is not held any more");
      const entries = block.entries.map((bytes) => parseEntry(bytes, this.crypto)).flatMap((entry) => ("refused" in entry ? [] : entry));
      const names = namesIn(this.executing.rules, block, entries);
      const missing = (await this.guarded(place, () => missingNames(this.ledger, height, names))) ?? [];
      for (const { position, name } of missing) this.find(`name ${name}`, `does not lead to block ${height} entry ${position}`);
    }
  }

  private async stateRows(): Promise<void> {
    let after: string | undefined;
    const seen = new Set<string>();
    for (;;) {
      const rows = await this.guarded(`state rows after ${after ?? "the start"}`, () => this.ledger.stateRange("", after, 1_000));
      if (rows === undefined) return;
      for (const row of rows) {
        seen.add(row.key);
        const expected = this.state.rows.get(row.key);
        const same = expected !== undefined && expected.height === row.height && canonicalText(expected.value) === canonicalText(row.value);
        if (!same) this.find(`state row ${row.key}`, "is not what replay gives");
      }
      after = rows.at(-1)?.key;
      if (rows.length < 1_000) break;
    }
    for (const key of this.state.rows.keys()) if (!seen.has(key)) this.find(`state row ${key}`, "is missing");
  }
}
