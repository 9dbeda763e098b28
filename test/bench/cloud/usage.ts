import { generateKeyPairSync, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createApi, createPublicApi, oneChain } from "@vermilion/api";
import { watch } from "@vermilion/aws/coordinator/watch";
import { dynamoLedger, dynamoRaftStore } from "@vermilion/aws/dynamodb/index";
import { foundingStore } from "@vermilion/aws/founding/store";
import { publishTiles, type Shelf } from "@vermilion/aws/tiles/publish";
import { type Client, createClient } from "@vermilion/client";
import { originOf } from "@vermilion/ledger";
import type { RunningChain } from "@vermilion/member";
import { openReader } from "@vermilion/member/open-member";
import { chainRules } from "@vermilion/member/rules";
import { checkGenesis, createPeerSession, createSessionCheck, nativeCrypto } from "@vermilion/node";
import { checkpointNote } from "@vermilion/node/chain/finality";
import type { Log } from "@vermilion/node/ports/index";
import type { Account } from "../../aws/lambda-life/account.ts";
import { fastPace } from "../../aws/lambda-life/account.ts";
import { calm, openAccounts, settle } from "../../aws/lambda-life/accounts.ts";
import { MemoryShelf } from "../../aws/memory-shelf.ts";
import { memberIds, permit, permitFields } from "../../member/fixtures.ts";
import { type CountingKeys, countingKeys, type KeyName } from "../../support/counting-keys.ts";
import { type CountingTable, countingTable } from "../../support/counting-table.ts";

/** What one member has used. */
export interface Usage {
  /** DynamoDB's units. */
  readonly writes: number;
  readonly reads: number;
  /** By the first part of the partition key. */
  readonly readsBy: Readonly<Record<string, number>>;
  readonly kms: Readonly<Partial<Record<KeyName, number>>>;
  /** Calls of the function `api`, by apps (sign-in too) and by peers; of the function `public`. */
  readonly appCalls: number;
  readonly peerCalls: number;
  readonly publicCalls: number;
  /** Messages that woke the coordinator, its executions, its steps that called the function `turn`. */
  readonly wakeUps: number;
  readonly executions: number;
  readonly steps: number;
  readonly tilesRuns: number;
  readonly shelfPuts: number;
  readonly shelfGets: number;
  /** Bytes sent to peers, both ways of a call. */
  readonly peerBytes: number;
}

export interface Counted {
  readonly leader: Usage;
  readonly follower: Usage;
  readonly entries: number;
  readonly blocks: number;
  /** From the first call to the last answer, ms, in the harness. */
  readonly tookMs: number;
}

interface Tally {
  readonly table: CountingTable;
  readonly keys: CountingKeys;
  readonly shelf: MemoryShelf;
  counts: Record<"appCalls" | "peerCalls" | "publicCalls" | "tilesRuns" | "shelfPuts" | "shelfGets" | "peerBytes", number>;
  before: { wakeUps: number; executions: number; steps: number };
}

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const clock = { now: Date.now, sleep: (ms: number) => sleep(ms) };
const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
const zero = () => ({ appCalls: 0, peerCalls: 0, publicCalls: 0, tilesRuns: 0, shelfPuts: 0, shelfGets: 0, peerBytes: 0 });

/** Four members on the life of Lambda, the API of each before it, everything counted that AWS would bill by use. */
export class CountedConsortium {
  private readonly accounts: ReadonlyMap<string, Account>;
  private readonly tallies: ReadonlyMap<string, Tally>;
  private readonly apis = new WeakMap<RunningChain, ReturnType<typeof createApi>>();
  private leader = "";
  private client: Client | undefined;

  private constructor(accounts: ReadonlyMap<string, Account>, tallies: ReadonlyMap<string, Tally>) {
    this.accounts = accounts;
    this.tallies = tallies;
  }

  static async open(): Promise<CountedConsortium> {
    const tables = new Map<string, CountingTable>();
    const keys = new Map<string, CountingKeys>();
    const tallies = new Map<string, Tally>();
    const accounts = await openAccounts(calm, {
      table: (id, inner) => {
        const counting = countingTable(inner);
        tables.set(id, counting);
        return { ...counting.table, faults: inner.faults };
      },
      keys: (id, inner) => {
        const counting = countingKeys(inner);
        keys.set(id, counting);
        return counting.keys;
      },
      called: (to, bytes) => {
        const tally = tallies.get(to);
        if (tally === undefined) return;
        tally.counts.peerCalls += 1;
        tally.counts.peerBytes += bytes;
      },
    });
    for (const [id, table] of tables)
      tallies.set(id, {
        table,
        keys: keys.get(id)!,
        shelf: new MemoryShelf(),
        counts: zero(),
        before: { wakeUps: 0, executions: 0, steps: 0 },
      });
    const consortium = new CountedConsortium(accounts, tallies);
    await consortium.begin();
    return consortium;
  }

  /** A type is defined, the leader is known and has an app, and all are warm. */
  private async begin(): Promise<void> {
    for (const account of this.accounts.values()) await foundingStore(account.stores.table).install(account.of(), "main");
    const first = await this.clientOf(memberIds[0]);
    await first.defineType({ type: permit });
    await settle(this.accounts);
    const { state } = await this.account(memberIds[0]).stores.raftStore.load();
    this.leader = state?.leader ?? memberIds[0];
    this.client = await this.clientOf(this.leader);
    await this.client.issueCertificate({ type: "permit", fields: permitFields });
    await this.rest();
    for (const id of memberIds) this.taken(id);
  }

  /** Certificates issued at the leader, `atOnce` at a time, each group `everyMs` after the one before where that is given. */
  async issue(entries: number, atOnce: number, everyMs = 0): Promise<Counted> {
    const before = await this.height();
    const began = Date.now();
    for (let issued = 0; issued < entries; issued += atOnce) {
      const due = began + (issued / atOnce) * everyMs;
      if (everyMs > 0) await sleep(Math.max(0, due - Date.now()));
      await Promise.all(Array.from({ length: atOnce }, () => this.client?.issueCertificate({ type: "permit", fields: permitFields })));
      // What the stream would do: once for each head that has become final.
      for (const id of memberIds) await this.publish(id);
    }
    const tookMs = Date.now() - began;
    await this.rest();
    return { ...this.both(), entries, blocks: (await this.height()) - before, tookMs };
  }

  /** One look of the watchdog of all members. */
  async look(): Promise<Counted & { readonly metrics: number }> {
    const names = new Set<string>();
    for (const id of memberIds) for (const name of await this.watchdog(id)) names.add(name);
    // Written by every process that asks KMS.
    names.add("KmsCalls");
    return { ...this.both(), entries: 0, blocks: 0, tookMs: 0, metrics: names.size };
  }

  /** One run of the function that publishes, where there is nothing new. */
  async publishNothing(): Promise<Counted> {
    for (const id of memberIds) await this.publish(id);
    return { ...this.both(), entries: 0, blocks: 0, tookMs: 0 };
  }

  private async rest(): Promise<void> {
    await settle(this.accounts);
    // The harness looks at the stores to see that all is done; members do not.
    await sleep(50);
  }

  private both(): { readonly leader: Usage; readonly follower: Usage } {
    const follower = memberIds.find((id) => id !== this.leader) ?? "";
    const all = new Map(memberIds.map((id) => [id as string, this.taken(id)]));
    return { leader: all.get(this.leader)!, follower: all.get(follower)! };
  }

  private taken(id: string): Usage {
    const tally = this.tallies.get(id)!;
    const account = this.account(id);
    const { writes, reads } = tally.table.taken();
    const now = { wakeUps: account.wakeUps, executions: account.executions, steps: account.steps };
    const { before, counts } = tally;
    tally.before = now;
    tally.counts = zero();
    return {
      writes: sum(writes),
      reads: sum(reads),
      readsBy: Object.fromEntries([...reads].sort(([, one], [, other]) => other - one)),
      kms: tally.keys.taken().calls,
      ...counts,
      wakeUps: now.wakeUps - before.wakeUps,
      executions: now.executions - before.executions,
      steps: now.steps - before.steps,
    };
  }

  private account(id: string): Account {
    const account = this.accounts.get(id);
    if (account === undefined) throw new Error(`no member ${id}`);
    return account;
  }

  private async height(): Promise<number> {
    return (await this.account(this.leader).stores.ledger.published())?.height ?? 0;
  }

  /** An app of a member, which signs in and calls as apps do. */
  private async clientOf(id: string): Promise<Client> {
    const account = this.account(id);
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const kid = `desk-${id}`;
    await account.stores.apps.put({
      id: "desk",
      name: "desk",
      keys: [{ kid, jwk: publicKey.export({ format: "jwk" }) as Record<string, string> }],
      scopes: ["certificates:issue", "types:define"],
      disabled: false,
      createdAt: Date.now(),
    });
    const jwk = { ...privateKey.export({ format: "jwk" }), kid, alg: "ES256" };
    const baseUrl = baseUrlOf(id);
    const scopes = ["certificates:issue", "types:define"];
    return createClient({
      baseUrl,
      operator: "zhang-san",
      app: { app: "desk", member: id, baseUrl, jwk, scopes },
      fetch: async (input, init) => {
        const request = new Request(input as string, init);
        this.tallies.get(id)!.counts.appCalls += 1;
        return account.invoke(async (member) => this.apiOf(id, member).fetch(request), "entries");
      },
    });
  }

  private apiOf(id: string, member: RunningChain): ReturnType<typeof createApi> {
    const known = this.apis.get(member);
    if (known !== undefined) return known;
    const { stores, keys } = this.account(id);
    const { chain } = member;
    const api = createApi({
      ...this.face(id),
      keys,
      chains: oneChain(chain, {
        services: member.services,
        peers: member.peerDoor,
        checkSession: createSessionCheck({ clock, crypto: nativeCrypto, memberKeyOf: async () => undefined }),
      }),
      session: createPeerSession({ member: id, keys, clock, crypto: nativeCrypto }),
      calls: stores.calls,
      apps: stores.apps,
    });
    this.apis.set(member, api);
    return api;
  }

  private face(id: string) {
    return { crypto: nativeCrypto, clock, random, log: silent, baseUrl: baseUrlOf(id), member: id, statement: async () => undefined };
  }

  private async watchdog(id: string): Promise<readonly string[]> {
    const account = this.account(id);
    const { table, ledger, raftStore } = account.stores;
    await foundingStore(table).chains();
    const names: string[] = [];
    await watch({
      chain: account.of().chain,
      member: id,
      ledger,
      raftStore,
      raftTable: table,
      starter: { wake: async () => "started", reviveLost: async () => void (await account.coordinator.state()) },
      meter: { count: (name) => void names.push(name) },
      log: silent,
      clock,
      fetch: async (url) => this.health(String(url)),
    });
    return names;
  }

  /** The public health of a member, by the function that has no secrets. */
  private async health(url: string): Promise<Response> {
    const id = memberIds.find((each) => url.startsWith(baseUrlOf(each))) ?? "";
    const { stores, keys, genesis } = this.account(id);
    this.tallies.get(id)!.counts.publicCalls += 1;
    this.reader ??= new Map();
    const known = this.reader.get(id);
    if (known !== undefined) return known.fetch(new Request(url));
    const platform = {
      ...this.face(id),
      keys,
      ledger: dynamoLedger({ chain: this.account(id).of().chain, ledger: stores.table }),
      raftStore: dynamoRaftStore(this.account(id).of().chain, stores.table, clock),
      recordKeys: stores.recordKeys,
      files: stores.files,
      peers: { call: () => Promise.reject(new Error("calls nobody")) },
      pace: fastPace,
    };
    const { services, chain } = await openReader(platform, { member: id, genesis });
    const api = createPublicApi({ ...this.face(id), chains: oneChain(chain, { services }) });
    this.reader.set(id, api);
    return api.fetch(new Request(url));
  }

  private reader: Map<string, ReturnType<typeof createPublicApi>> | undefined;

  private async publish(id: string): Promise<void> {
    const { stores, keys, genesis } = this.account(id);
    const tally = this.tallies.get(id)!;
    await foundingStore(stores.table).chains();
    const checked = checkGenesis(genesis, nativeCrypto, chainRules);
    if ("refused" in checked) throw new Error(checked.detail);
    const origin = originOf(checked.founding.name, checked.chain);
    const signing = { crypto: nativeCrypto, clock, log: silent, ledger: stores.ledger, raftStore: stores.raftStore, keys, origin };
    tally.counts.tilesRuns += 1;
    await publishTiles({
      ledger: stores.ledger,
      shelf: countedShelf(tally),
      note: (size) => checkpointNote(signing, size, memberIds.length),
    });
  }
}

function countedShelf({ shelf, counts }: Tally): Shelf {
  return {
    read: (path) => {
      counts.shelfGets += 1;
      return shelf.read(path);
    },
    keep: (path, bytes) => {
      counts.shelfPuts += 1;
      return shelf.keep(path, bytes);
    },
    replace: (path, bytes, version) => {
      counts.shelfPuts += 1;
      return shelf.replace(path, bytes, version);
    },
  };
}

function baseUrlOf(id: string): string {
  return `https://${id}.example`;
}

function sum(units: ReadonlyMap<string, number>): number {
  return [...units.values()].reduce((total, one) => total + one, 0);
}
