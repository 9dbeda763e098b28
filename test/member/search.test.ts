import type { CertificateFilter, CertificateItem, EntryHit, Page, Refused } from "@vermilion/member/services";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cluster } from "../support/cluster.ts";
import { caller, equalHeads, good, openPermits, options, permit, permitFields, servicesOf } from "./fixtures.ts";

/** Lists, searches, counts and figures against what a naive look at everything says. */

let cluster: Cluster;
let all: CertificateItem[] = [];
const at = (id: string) => servicesOf(cluster, id);
const licence = {
  ...(permit as object),
  id: "licence",
  code: "11100000000019991T002",
  number: { field: "creditCode", public: true },
  parts: [{ id: "check", names: { zh: "核查", en: "Check" }, completers: ["customs"] }],
  fields: [
    ...(permit as { fields: object[] }).fields,
    {
      name: "result",
      names: { zh: "结果", en: "Result" },
      part: "check",
      schema: { type: "string" },
      sensitivity: "internal",
      required: true,
      order: 1,
    },
  ],
};

beforeAll(async () => {
  cluster = await openPermits({}, 10);
  good(await at("platform").defineType({ type: licence as never }, caller, options));
  await equalHeads(cluster);
  for (let n = 0; n < 24; n++) {
    const issuer = n % 3 === 0 ? "tax" : "platform";
    const fields = { ...permitFields, quantity: n };
    const type = n % 4 === 0 ? "licence" : "permit";
    const expiresAt = n % 5 === 0 ? Date.now() + 40 : undefined;
    const input = { type, fields, ...(expiresAt === undefined ? {} : { expiresAt }) };
    const issued = await at(issuer).issueCertificate(input, caller, options);
    // A licence's number is its serial: the second one of an issuer exists already.
    if ("refused" in issued || issued.outcome?.kind !== "applied") continue;
    await equalHeads(cluster);
    if (type === "licence" && n % 8 === 0)
      good(
        await at("customs").completeCertificate(
          { certificate: issued.certificate, part: "check", fields: { result: "ok" } },
          caller,
          options,
        ),
      );
    if (n % 6 === 1) good(await at(issuer).suspendCertificate({ certificate: issued.certificate, reason: "inquiry" }, caller, options));
    else if (n % 7 === 2) good(await at(issuer).revokeCertificate({ certificate: issued.certificate, reason: "law" }, caller, options));
    else if (n % 9 === 4)
      good(await at(issuer).renewCertificate({ certificate: issued.certificate, fields, reason: "renewal" }, caller, options));
  }
  await equalHeads(cluster);
  all = await everything({});
});
afterAll(() => cluster.close());

async function everything(filter: CertificateFilter, limit = 100): Promise<CertificateItem[]> {
  return pages((cursor) => at("customs").certificates({ ...filter, ...(cursor === undefined ? {} : { cursor }), limit }));
}

async function pages<T>(ask: (cursor: string | undefined) => Promise<Page<T> | Refused>): Promise<T[]> {
  const found: T[] = [];
  for (let cursor: string | undefined, more = true; more; ) {
    const page = good(await ask(cursor));
    found.push(...page.items);
    cursor = page.next;
    more = cursor !== undefined;
  }
  return found;
}

const statusOf = ({ status, expiresAt }: CertificateItem): string =>
  (status === "valid" || status === "suspended") && typeof expiresAt === "number" && expiresAt <= Date.now() ? "expired" : status;

/** The question answered by looking at every certificate. */
function naive(filter: CertificateFilter): string[] {
  const { type, issuer, status, part, partState, from, to, sort } = filter;
  const found = all.filter(
    (row) =>
      (type ?? row.type) === row.type &&
      (issuer ?? row.issuer) === row.issuer &&
      (status ?? statusOf(row)) === statusOf(row) &&
      (part === undefined || Object.hasOwn(row.parts, part) === (partState !== "missing")) &&
      (from ?? 0) <= row.issuedAt &&
      row.issuedAt <= (to ?? Number.MAX_SAFE_INTEGER),
  );
  const names = found.map(({ certificate }) => certificate);
  return sort === "oldest" ? names.reverse() : names;
}

describe("a search", () => {
  const times = () => all.map(({ issuedAt }) => issuedAt).sort((one, other) => one - other);
  const questions = (): CertificateFilter[] => {
    const [early = 0, late = 0] = [times()[4], times().at(-3)];
    const ranges: CertificateFilter[] = [{}, { from: early }, { to: late }, { from: early, to: late }, { from: early, to: early }];
    const whats: CertificateFilter[] = [
      {},
      { type: "permit" },
      { issuer: "tax" },
      { type: "licence", issuer: "platform" },
      { status: "valid" },
      { status: "suspended" },
      { status: "revoked" },
      { status: "replaced", type: "permit" },
      { status: "expired" },
      { type: "licence", part: "check" },
      { type: "licence", part: "check", partState: "missing" },
    ];
    return whats.flatMap((what) =>
      ranges.flatMap((range) => [
        { ...what, ...range },
        { ...what, ...range, sort: "oldest" as const },
      ]),
    );
  };

  test("finds what a look at every certificate finds, whole or in pages", async () => {
    expect(all.length).toBeGreaterThan(15);
    for (const question of questions()) {
      // An ended certificate waits for nothing; the list of those that wait leaves it out.
      const wanted =
        question.partState === "missing"
          ? naive(question).filter((id) => !["revoked", "replaced"].includes(all.find((row) => row.certificate === id)?.status ?? ""))
          : naive(question);
      const found = (await everything(question)).map(({ certificate }) => certificate);
      expect(found, JSON.stringify(question)).toEqual(wanted);
      const small = (await everything(question, 2)).map(({ certificate }) => certificate);
      expect(small, JSON.stringify(question)).toEqual(wanted);
      const count = good(await at("customs").countCertificates(question));
      expect([count.count, count.atLeast], JSON.stringify(question)).toEqual([wanted.length, false]);
    }
  });

  test("by number finds every version of it", async () => {
    const number = permitFields.creditCode;
    const found = await everything({ type: "licence", number });
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ certificate }) => certificate.includes(`.${number}.`))).toBe(true);
    expect(await at("customs").certificates({ number, limit: 10 })).toMatchObject({ refused: "type-needed" });
    expect(await everything({ type: "permit", number })).toEqual([]);
  });

  test("a cursor of another question is refused, and so is one that was made up", async () => {
    const page = good(await at("customs").certificates({ type: "permit", limit: 2 }));
    expect(page.next).toBeDefined();
    for (const other of [{}, { type: "permit", sort: "oldest" as const }, { type: "licence" }])
      expect(
        await at("customs").certificates({ ...other, ...(page.next === undefined ? {} : { cursor: page.next }), limit: 2 }),
      ).toMatchObject({ refused: "invalid-cursor" });
    expect(await at("customs").certificates({ type: "permit", cursor: "AAAA", limit: 2 })).toMatchObject({ refused: "invalid-cursor" });
  });

  test("new certificates neither repeat nor hide one on the pages that follow", async () => {
    const first = good(await at("platform").certificates({ type: "permit", limit: 3 }));
    good(await at("platform").issueCertificate({ type: "permit", fields: permitFields }, caller, options));
    const rest = await pages((cursor = first.next ?? "") => at("platform").certificates({ type: "permit", cursor, limit: 3 }));
    const seen = [...first.items, ...rest].map(({ certificate }) => certificate);
    expect(seen).toEqual(naive({ type: "permit" }));
  });

  test("tells names, and who may add what is missing", async () => {
    const waiting = (await everything({ type: "licence", part: "check", partState: "missing" })).at(0);
    expect(waiting).toMatchObject({ typeNames: { zh: "许可证", en: "Permit" }, awaiting: [{ part: "check", mayComplete: true }] });
  });
});

describe("the explorer", () => {
  test("finds a block by its hash, and an entry says what it changed", async () => {
    const [row] = all;
    const block = good(await at("tax").block({ height: row?.height ?? 0 }));
    expect(good(await at("tax").blockByHash({ hash: block.hash }))).toEqual(block);
    for (const cursor of ["-1", "x", "1e3"])
      expect(await at("tax").blocks({ cursor, limit: 2 })).toMatchObject({ refused: "invalid-cursor" });
    expect(await at("tax").blockByHash({ hash: "0".repeat(64) })).toMatchObject({ refused: "unknown-block" });
    const entry = good(await at("tax").entry({ transactionHash: row?.transaction ?? "" }));
    expect(entry.changed).toContainEqual({ kind: "certificate", id: row?.certificate });
  });
});

describe("a figure", () => {
  const range = { from: Date.now() - 86_400_000, to: Date.now() + 86_400_000 };
  const entriesBehind = async (query: string): Promise<EntryHit[]> => {
    const { from, to, ...more } = Object.fromEntries(new URLSearchParams(query.split("?")[1]));
    const filter = { from: Number(from), to: Number(to), ...more };
    return pages((cursor) => at("tax").entries({ ...filter, ...(cursor === undefined ? {} : { cursor }), limit: 7 }));
  };

  test("is the sum of the acts of the entries behind it, whatever it is broken down by", async () => {
    const asked = good(
      await at("customs").openRequest(
        {
          certificate: all.at(-1)?.certificate ?? "",
          part: "main",
          fields: ["name"],
          purpose: "clearance",
          serviceItem: "import",
          basis: "law",
        },
        caller,
        options,
      ),
    );
    good(await at("customs").grantedFields({ request: asked.request }, caller, { waitMs: 10_000 }));
    await equalHeads(cluster);
    for (const what of ["contributions", "uses"] as const)
      for (const by of [[], ["member"], ["type"], ["member", "type", "day"]] as const) {
        const { items: figures } = good(await at("tax")[what]({ ...range, by }));
        expect(figures.length).toBeGreaterThan(0);
        for (const figure of figures) {
          const behind = await entriesBehind(figure.entries);
          expect(
            behind.reduce((sum, { acts }) => sum + acts, 0),
            JSON.stringify(figure),
          ).toBe(figure.count);
        }
      }
  });

  test("of blocks by hour counts each block and entry once", async () => {
    const { items: figures } = good(await at("tax").blockFigures({ ...range, by: "hour" }));
    const { blocks, entries } = await at("tax").statistics({});
    expect(figures.reduce((sum, figure) => sum + figure.blocks, 0)).toBe(blocks);
    expect(figures.reduce((sum, figure) => sum + figure.entries, 0)).toBe(entries);
  });

  test("of certificates is that of the list, and too wide a range is refused", async () => {
    const { certificates, members, countedFrom } = await at("tax").statistics({});
    expect(certificates.total).toBe((await everything({})).length);
    expect([members.length, countedFrom]).toEqual([4, 0]);
    expect(await at("tax").blockFigures({ from: 0, to: Date.now(), by: "hour" })).toMatchObject({ refused: "range-too-wide" });
    expect(await at("tax").uses({ from: 0, to: Date.now(), by: [] })).toMatchObject({ refused: "range-too-wide" });
    expect(await at("tax").uses({ from: 2, to: 1, by: [] })).toMatchObject({ refused: "empty-range" });
  });
});
