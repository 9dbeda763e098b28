import type { Operation } from "@vermilion/ledger";
import type { BulkLine, BulkResult, FieldReader } from "@vermilion/member/services";
import { beforeAll, describe, expect, test } from "vitest";
import { cluster, fourMembers, services, tryToAsk, writeAs } from "../attacks/support/four-members.ts";
import { accountProof, makeKey } from "../support/entries.ts";
import { caller, equalHeads, good, options, permitFields } from "./fixtures.ts";

/** Mission C4: the certificate by its holder's address, block number and transaction hash. */

fourMembers();

let holder: string;
let namesake: string;

beforeAll(async () => {
  holder = await registered();
  namesake = await registered();
});

async function registered(): Promise<string> {
  const key = makeKey("P-256");
  const of = { kind: "holder", name: "李雷", jwk: key.jwk } as const;
  const { chain } = await services("platform").consortium({});
  const proof = JSON.stringify(accountProof(key, { chain, kind: of.kind, name: of.name, member: "platform" }));
  return good(await services("platform").registerAccount({ ...of, proof }, caller, options)).address;
}

const desk: FieldReader = { caller, readsType: () => true };
const own = { part: "main", owner: "platform", request: "", grantTransaction: null, fields: permitFields };
const issuedTo = async (address: string) =>
  good(await services("platform").issueCertificate({ type: "permit", fields: permitFields, holder: address }, caller, options));
const find = (
  of: { readonly blockNumber?: number; readonly transactionHash: string },
  { at = "platform", address = holder, reader = desk }: { at?: string; address?: string; reader?: FieldReader | undefined } = {},
) => services(at).certificatesOfHolder({ address, block: of.blockNumber ?? 0, transaction: of.transactionHash }, reader);
const uscc = () => cluster.node("platform").identity.uscc;

describe("a certificate by holder, block and transaction", () => {
  test("a first issue, with the issuer's code and its own fields", async () => {
    const issued = await issuedTo(holder);
    const { items } = good(await find(issued));
    expect(items).toMatchObject([
      { certificate: issued.certificate, holder, issuer: "platform", issuerCode: uscc(), disclosed: [own], withheld: [] },
    ]);
  });

  test("a renewal answers the new certificate, by its own entry", async () => {
    const old = await issuedTo(holder);
    const renewed = good(
      await services("platform").renewCertificate(
        { certificate: old.certificate, fields: { ...permitFields, quantity: 13 }, reason: "renewal" },
        caller,
        options,
      ),
    );
    const { items } = good(await find(renewed));
    expect(items.map(({ certificate }) => certificate)).toEqual([renewed.certificate]);
    expect(items[0]).toMatchObject({ replaces: old.certificate, issuerCode: uscc(), disclosed: [{ fields: { quantity: 13 } }] });
    expect(good(await find(old)).items).toMatchObject([{ certificate: old.certificate, status: "replaced" }]);
  });

  test("every certificate of a bulk entry that is this holder's, and no other's", async () => {
    async function* lines(): AsyncGenerator<BulkLine> {
      for (const [at, to] of [holder, namesake, holder].entries())
        yield {
          key: `of-holder-${at}`,
          act: { op: "issue", input: { type: "permit", fields: { ...permitFields, quantity: at }, holder: to } },
        };
    }
    const results: BulkResult[] = [];
    for await (const result of services("platform").bulkCertificates(lines(), caller, options)) results.push(result);
    const done = results.map((result) => good(result));
    expect(new Set(done.map(({ transactionHash }) => transactionHash)).size).toBe(1);
    const of = async (address: string) => {
      const { items } = good(await find(done[0] ?? { transactionHash: "" }, { address }));
      return items.map(({ certificate, disclosed }) => [certificate, disclosed[0]?.fields["quantity"]]);
    };
    expect(await of(holder)).toEqual([
      [done[0]?.certificate, 0],
      [done[2]?.certificate, 2],
    ]);
    expect(await of(namesake)).toEqual([[done[1]?.certificate, 1]]);
  });

  test("who was granted fields reads these and no others; who was granted none reads none", async () => {
    const issued = await issuedTo(holder);
    await equalHeads(cluster);
    const at = "customs";
    expect(good(await find(issued, { at })).items).toMatchObject([{ issuerCode: uscc(), disclosed: [], withheld: [] }]);
    const ask = async () => {
      const { request } = good(await tryToAsk(issued.certificate));
      good(await services("customs").grantedFields({ request }, caller, { waitMs: 10_000 }));
      return request;
    };
    await ask();
    // The same again: the newest grant is enough.
    const request = await ask();
    const { items } = good(await find(issued, { at }));
    expect(items[0]?.disclosed).toMatchObject([{ request, fields: { name: permitFields.name } }]);
    expect(Object.keys(items[0]?.disclosed[0]?.fields ?? {})).toEqual(["name"]);
    const readers: readonly (FieldReader | undefined)[] = [
      { ...desk, caller: { ...caller, app: "another" } },
      { ...desk, readsType: () => false },
    ];
    for (const reader of readers) expect(good(await find(issued, { at, reader })).items).toMatchObject([{ disclosed: [], withheld: [] }]);
    const call = { address: holder, block: issued.blockNumber ?? 0, transaction: issued.transactionHash };
    expect(good(await services(at).certificatesOfHolder(call, undefined)).items).toMatchObject([
      { certificate: issued.certificate, disclosed: [], withheld: [] },
    ]);
    expect(good(await find(issued, { at: "tax" })).items).toMatchObject([{ disclosed: [], withheld: [] }]);
  });

  test("another holder, block or transaction, and an entry that was refused", async () => {
    const issued = await issuedTo(holder);
    const answer = async (...given: Parameters<typeof find>) => {
      const found = await find(...given);
      return "refused" in found ? found.refused : found.items.length;
    };
    const { blockNumber = 0, transactionHash } = issued;
    expect(await answer(issued)).toBe(1);
    expect(await answer(issued, { address: namesake })).toBe("unknown-certificate");
    expect(await answer(issued, { address: `ver1${"0".repeat(40)}` })).toBe("unknown-account");
    expect(await answer({ blockNumber: blockNumber + 1, transactionHash })).toBe("unknown-certificate");
    expect(await answer({ blockNumber, transactionHash: "0".repeat(64) })).toBe("unknown-transaction");

    const { payload } = good(await services("platform").entry({ transactionHash }));
    const { operations, attachments } = payload as unknown as { operations: Operation[]; attachments: never[] };
    const names = new Set(attachments.map(({ sha256 }: { sha256: string }) => sha256));
    const bodies = await Promise.all(
      [...names].map(async (sha256) => ({ sha256, bytes: good(await services("platform").attachment({ sha256 })) })),
    );
    expect(await writeAs("platform", operations, attachments, bodies)).toMatch(/^refused:/);
    const { items } = good(await services("platform").entries({ outcome: "refused", operation: "certificates.issue", limit: 1 }));
    const [refused] = items;
    expect(refused?.outcome).toMatch(/^refused:/);
    expect(await answer({ blockNumber: refused?.blockNumber ?? 0, transactionHash: refused?.transactionHash ?? "" })).toBe(
      "unknown-certificate",
    );
  });
});
