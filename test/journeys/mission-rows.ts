import { createHash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mainPart, parseCertificateType } from "@vermilion/certificates";
import { sampleFields } from "@vermilion/certificates/samples/index";
import { type Client, ClientProblem } from "@vermilion/client";
import type { Json } from "@vermilion/ledger";
import { expect } from "vitest";
import { newHolder } from "../demo/holder.ts";

/**
 * A journey for each row of the mission that the certificate service answers, over HTTP, on members that run anywhere: on this computer, or
 * in the cloud. They may share a consortium with others and run again on it.
 */

export interface Agencies {
  readonly as: (member: string) => Client;
}

const typesFolder = new URL("../../packages/certificates/types/", import.meta.url);
const shipped = readdirSync(typesFolder)
  // The attachment type holds a file, which has a journey of its own.
  .filter((file) => file.endsWith(".json") && !file.endsWith(".sample.json") && file !== "filing-attachment.json")
  .map((file) => readJson(file));
const filing = readJson("moc-filing.json");
const filingSample = readJson("moc-filing.sample.json") as unknown as Record<"main" | "inspection", Record<string, Json>>;
/** What a detail page shows of it: the member reads the organisation code from the credit code. */
const published: Record<string, Json> = { ...filingSample.main, organisationCode: "MA2XQ7K09" };

function readJson(file: string) {
  return JSON.parse(readFileSync(new URL(file, typesFolder), "utf8"));
}

async function collect<T>(items: AsyncIterable<T>, atMost = Number.POSITIVE_INFINITY): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) {
    all.push(item);
    if (all.length >= atMost) break;
  }
  return all;
}

/** What one member has committed reaches the others a moment later; 30 s at most. */
async function eventually<T>(look: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }
}

async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof ClientProblem) return error.code;
      throw error;
    },
  );
}

/** Defines a shipped type unless it is; a type that another agency keeps stays as it is. */
async function define(as: Agencies["as"], type: { readonly id: string }): Promise<void> {
  if ((await codeOf(as("platform").type({ type: type.id }))) === "unknown-type") await as("platform").defineType({ type: type as never });
}

const issueFiling = async (as: Agencies["as"], holder?: string) => {
  await define(as, filing);
  return as("platform").issueCertificate({ type: filing.id, fields: filingSample.main, ...(holder === undefined ? {} : { holder }) });
};

export const missionRows: Readonly<Record<string, (agencies: Agencies) => Promise<void>>> = {
  "A4: the home page and the block query: height, members by name, total of certificates; blocks by list, height and hash": async ({
    as,
  }) => {
    const issued = await issueFiling(as);
    const figures = await eventually(async () => {
      const now = await as("tax").statistics();
      expect(now.height).toBeGreaterThanOrEqual(issued.blockNumber ?? Number.POSITIVE_INFINITY);
      return now;
    });
    expect(figures.members.map(({ names }) => names.zh).every((name) => name.length > 1)).toBe(true);
    expect(figures.members).toHaveLength(4);
    expect(figures.certificates.total).toBeGreaterThan(0);
    const [newest] = (await as("tax").blocks({ limit: 1 })).items;
    expect(newest?.height).toBeGreaterThanOrEqual(figures.height);
    const block = await as("tax").block({ height: issued.blockNumber ?? 0 });
    expect(await as("tax").blockByHash({ hash: block.hash })).toEqual(block);
    const entry = (await as("tax").entriesOfBlock({ height: block.height })).items.find(
      ({ transactionHash }) => transactionHash === issued.transactionHash,
    );
    expect(entry).toMatchObject({ outcome: "applied", changed: [{ kind: "certificate", id: issued.certificate }] });
    expect(await codeOf(as("tax").blockByHash({ hash: "0".repeat(64) }))).toBe("unknown-block");
  },

  "A5: statistics of blocks and of each member's contribution, each figure with the entries behind it": async ({ as }) => {
    await issueFiling(as);
    const contributions = await eventually(async () => {
      const { items: all } = await as("customs").contributions({ by: ["member", "type", "day"] });
      expect(all.some(({ member, type, act }) => member === "platform" && type === filing.id && act === "issued")).toBe(true);
      return all;
    });
    const figure = contributions.find(({ member, type, act }) => member === "platform" && type === filing.id && act === "issued");
    const behind = new URL(figure?.entries ?? "", "http://member");
    const filter = Object.fromEntries(behind.searchParams) as Record<string, string>;
    const { from, to, ...rest } = filter;
    const entries = await collect(as("customs").each.entries({ ...rest, from: Number(from), to: Number(to), limit: 100 }));
    expect(entries.reduce((sum, { acts }) => sum + acts, 0)).toBeGreaterThanOrEqual(figure?.count ?? Number.POSITIVE_INFINITY);
    const { items: blocks } = await as("customs").blockFigures({ by: "hour" });
    expect(blocks.at(-1)?.lastBlock).toBeGreaterThan(0);
    const { items: uses } = await as("customs").uses({ by: ["member"] });
    expect(uses.every(({ way }) => way === "details" || way === "verify")).toBe(true);
  },

  "A6: the list of certificates, ten a page, by type, issuer, time and missing part, with the action 录入": async ({ as }) => {
    const began = Date.now() - 60_000;
    const issued: { readonly certificate: string }[] = [];
    for (let each = 0; each < 12; each++) issued.push(await issueFiling(as));
    const filter = { type: filing.id, issuer: "platform", from: began, part: "inspection", partState: "missing" } as const;
    const first = await eventually(async () => {
      const page = await as("inspection").certificates({ ...filter });
      expect(page.items).toHaveLength(10);
      expect(page.items[0]?.certificate).toBe(issued.at(-1)?.certificate);
      return page;
    });
    const [newest] = first.items;
    expect(newest).toMatchObject({ typeNames: filing.names, issuer: "platform", status: "valid" });
    expect(newest?.awaiting).toMatchObject([{ part: "inspection", mayComplete: true }]);
    expect(newest).not.toHaveProperty("fields");
    const rest = await as("inspection").certificates({ ...filter, cursor: first.next ?? "" });
    expect(rest.items.map(({ certificate }) => certificate)).toContain(issued[0]?.certificate);
    expect(await codeOf(as("inspection").certificates({ type: filing.id, sort: "oldest", cursor: first.next ?? "" }))).toBe(
      "invalid-cursor",
    );
    const { count } = await as("inspection").countCertificates({ type: filing.id });
    expect(count).toBeGreaterThanOrEqual(12);
  },

  "A7: publish a filing of 28 fields; what is wrong is named field by field, and nothing is written": async ({ as }) => {
    await define(as, filing);
    expect(Object.keys(filingSample.main)).toHaveLength(28);
    const fields = { ...filingSample.main, creditCode: "91350200MA2XQ7K096", postcode: 361012 };
    const refused = await as("platform")
      .issueCertificate({ type: filing.id, fields })
      .catch((error: unknown) => error as ClientProblem);
    expect((refused as ClientProblem).problems?.map(({ field }) => field).toSorted()).toEqual(["creditCode", "postcode"]);
    const issued = await issueFiling(as);
    expect(issued).toMatchObject({ outcome: "applied", sdJwt: expect.stringContaining("~") });
    expect((await as("platform").ownFields({ certificate: issued.certificate, part: mainPart })).fields).toEqual(published);
    for (const field of Object.keys(filingSample.main)) {
      const { [field]: _left, ...rest } = filingSample.main;
      expect(await codeOf(as("platform").issueCertificate({ type: filing.id, fields: rest })), field).toBe("invalid-fields");
    }
  },

  "A8: complete it with 17 fields pre-filled, among them the organisation code, and eight of one's own, each required": async ({ as }) => {
    const { certificate } = await issueFiling(as);
    const prefilled = filing.parts[0].prefilled.map(({ field }: { field: string }) => field) as string[];
    expect(prefilled).toHaveLength(17);
    const ask = { certificate, part: mainPart, purpose: "filing-completion", serviceItem: "filing", basis: "standing-policy" };
    const { request } = await eventually(() => as("inspection").openRequest({ ...ask, fields: prefilled }));
    const shown = (await eventually(() => as("inspection").grantedFields({ request, wait: 10 }))).fields;
    expect(shown).toEqual(Object.fromEntries(prefilled.map((field) => [field, published[field]])));
    const own = filingSample.inspection;
    expect(Object.keys(own)).toHaveLength(8);
    for (const field of Object.keys(own)) {
      const { [field]: _left, ...rest } = own;
      expect(await codeOf(as("inspection").completeCertificate({ certificate, part: "inspection", fields: rest })), field).toBe(
        "invalid-fields",
      );
    }
    expect((await as("inspection").completeCertificate({ certificate, part: "inspection", fields: own })).outcome).toBe("applied");
    expect((await as("inspection").ownFields({ certificate, part: "inspection" })).fields).toEqual(own);
  },

  "A9: the detail of a record: all fields to its owner, to others what they were granted and no more": async ({ as }) => {
    const { certificate } = await issueFiling(as);
    const shown = (await as("platform").ownFields({ certificate, part: mainPart })).fields;
    expect(shown).toEqual(published);
    const label = (of: string) => filing.fields.find(({ name }: { name: string }) => name === of)?.detailNames?.zh;
    expect([label("filingNumber"), label("approvalDate")]).toEqual(["登记备案代码", "审核日期"]);
    await eventually(() => as("tax").certificate({ certificate }));
    expect(await codeOf(as("tax").ownFields({ certificate, part: mainPart }))).toBe("not-the-owner");
    const ask = { certificate, part: mainPart, purpose: "tax-registration", serviceItem: "registration", basis: "tax-law" };
    const { request } = await as("tax").openRequest({ ...ask, fields: ["creditCode"] });
    await eventually(() => as("platform").decideRequest({ request, decision: "approve", reason: "lawful" }));
    const read = await eventually(() => as("tax").grantedFields({ request, wait: 10 }));
    expect(read.fields).toEqual({ creditCode: filingSample.main["creditCode"] });
  },

  "B7: one REST API describes itself and speaks problem+json, also to who knows nothing yet": async ({ as }) => {
    const [member] = (await as("platform").members()).items;
    const document = (await (await fetch(`${member?.url}/openapi.json`)).json()) as { openapi: string; paths: Record<string, unknown> };
    expect(document.openapi).toMatch(/^3\.1/);
    for (const path of ["/v1/certificates", "/v1/evidence", "/v1/statistics", "/v1/status-lists/{issuer}/{list}"])
      expect(Object.keys(document.paths), path).toContain(path);
    const refused = await fetch(`${member?.url}/v1/certificates`, { headers: { "Accept-Language": "zh" } });
    expect([refused.status, refused.headers.get("content-type")]).toEqual([401, "application/problem+json"]);
    expect(await refused.json()).toMatchObject({ code: expect.stringMatching(/token/) });
  },

  "B11: every shipped type is defined, sampled, issued and read back": async ({ as }) => {
    const names = shipped.map(({ names: { zh } }) => zh as string);
    expect(names.map((name) => name.replace(/（.*/, ""))).toEqual(
      expect.arrayContaining(["营业执照", "居民身份证", "居民户口簿", "居住证", "机动车驾驶证", "结婚证", "离婚证"]),
    );
    for (const json of shipped) {
      await define(as, json);
      const type = parseCertificateType(json);
      if ("refused" in type) throw new Error(`${json.id} is no type`);
      const made = sampleFields(type, mainPart, 7, Math.floor(Math.random() * 1_000_000));
      if ("refused" in made) throw new Error(`${json.id}: ${made.detail.en}`);
      const issuer = type.issuers.includes("platform") ? "platform" : (type.issuers[0] ?? "");
      const issued = await as(issuer).issueCertificate({ type: type.id, fields: made.fields });
      expect(issued.outcome, type.id).toBe("applied");
      expect((await as(issuer).ownFields({ certificate: issued.certificate, part: mainPart })).fields, type.id).toMatchObject(made.fields);
    }
  },

  "B12: a real name stands behind every entry and account": async ({ as }) => {
    const { chain } = await as("platform").consortium();
    const account = newHolder().account({ chain, member: "tax", name: "韩梅梅" });
    const { address } = await as("tax").registerAccount(account);
    expect(await as("tax").account({ address })).toMatchObject({ name: "韩梅梅", member: "tax", kind: "holder" });
    const nameless = newHolder().account({ chain, member: "tax", name: "韩梅梅" });
    expect(await codeOf(as("tax").registerAccount({ ...nameless, name: "" }))).toBe("malformed-body");
    const { certificate } = await issueFiling(as);
    const [act] = await collect(as("platform").each.certificateTrace({ certificate }));
    expect(act?.by).toMatchObject({ app: "desk", operator: expect.stringMatching(/\S/) });
  },

  "C2: register, issue, receive, verify, correct, suspend and resume, renew, revoke; what a verifier then sees; each step with its receipt":
    async ({ as }) => {
      const platform = as("platform");
      const { chain } = await platform.consortium();
      const holder = newHolder();
      const { address } = await platform.registerAccount(holder.account({ chain, member: "platform", name: "李雷" }));
      const { certificate, sdJwt = "" } = await issueFiling(as, address);
      await platform.receiveCertificate({ certificate });
      const issuerCode = (await platform.members()).items.find(({ id }) => id === "platform")?.uscc ?? "";
      const seen = (document: string) =>
        eventually(async () => (await as("customs").verifyCertificate({ sdJwt: document, issuerCode })).verdicts.status);
      const sees = (document: string, status: string) => eventually(async () => expect(await seen(document)).toBe(status));
      await sees(sdJwt, "valid");
      await platform.suspendCertificate({ certificate, reason: "inquiry" });
      await sees(sdJwt, "suspended");
      expect(await codeOf(platform.renewCertificate({ certificate, fields: filingSample.main, reason: "renewal" }))).toBe(
        "certificate-suspended",
      );
      const resumed = await platform.resumeCertificate({ certificate, reason: "inquiry-closed" });
      const corrected = await platform.correctCertificate({
        certificate,
        part: mainPart,
        fields: filingSample.main,
        reason: "typing-error",
      });
      await sees(sdJwt, "corrected");
      expect(
        await codeOf(as("tax").correctCertificate({ certificate, part: mainPart, fields: filingSample.main, reason: "typing-error" })),
      ).toBe("not-the-owner");
      const renewals = await Promise.allSettled(
        ["one", "two"].map(() => platform.renewCertificate({ certificate, fields: filingSample.main, reason: "renewal" })),
      );
      const [renewed] = renewals.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
      expect(renewals.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
      if (renewed === undefined) throw new Error("nobody won");
      await sees(corrected.sdJwt ?? "", "replaced");
      expect((await as("customs").certificateStatus({ certificate })).replacedBy).toBe(renewed.certificate);
      await platform.revokeCertificate({ certificate: renewed.certificate, reason: "holder-request" });
      await sees(renewed.sdJwt ?? "", "revoked");
      expect(
        await codeOf(platform.renewCertificate({ certificate: renewed.certificate, fields: filingSample.main, reason: "renewal" })),
      ).toBe("certificate-revoked");
      expect((await platform.certificateStatus({ certificate, asOf: resumed.time })).status).toBe("valid");
      const steps = await collect(platform.each.certificateHistory({ certificate }));
      expect(steps.map(({ kind }) => kind)).toEqual(["issued", "received", "suspended", "resumed", "corrected", "replaced"]);
      for (const { transaction } of steps) expect((await platform.receipt({ transactionHash: transaction, wait: 20 })).final).toBe(true);
      const { list = 0 } = (await platform.certificate({ certificate: renewed.certificate })).parts[mainPart]?.status ?? {};
      expect(
        (
          await as("customs")
            .statusList({ issuer: "platform", list })
            .catch((error: ClientProblem) => error.code)
        ).length,
      ).toBeGreaterThan(0);
      expect(await codeOf(platform.statusList({ issuer: "nobody", list: 0 }))).toBe("unknown-issuer");
    },

  "C6: text and structured data as an asset: header and metadata on the chain for all, the content for who is granted it": async ({
    as,
  }) => {
    const assets = {
      "text-asset": { title: "通知", dataType: "text/plain", text: "下午三点开会" },
      "structured-asset": {
        title: "企业名录",
        dataType: "application/json",
        dataSchema: "code,name",
        endpoint: "https://store.customs.example/v1/enterprises",
        accessMethod: "1,HTTPS接口",
        accessCredential: `token ${randomUUID()}`,
      },
    };
    for (const [id, fields] of Object.entries(assets)) {
      await define(as, readJson(`${id}.json`));
      const issued = await eventually(() => as("customs").issueCertificate({ type: id, fields }));
      const row = await eventually(() => as("tax").certificate({ certificate: issued.certificate }));
      const part = row.parts[mainPart];
      expect(row).toMatchObject({ type: id, typeVersion: 1, issuer: "customs" });
      const sealed = await as("tax").attachment({ sha256: part?.disclosures ?? "" });
      expect(createHash("sha256").update(sealed).digest("hex")).toBe(part?.disclosures);
      for (const value of Object.values(fields)) expect(Buffer.from(sealed).includes(Buffer.from(value))).toBe(false);
      const names = Object.keys(fields);
      const ask = { certificate: issued.certificate, part: mainPart, purpose: "statistics", serviceItem: "exchange", basis: "agreement" };
      const { request } = await as("tax").openRequest({ ...ask, fields: names });
      await eventually(() => as("customs").decideRequest({ request, decision: "approve", reason: "agreed" }));
      expect((await eventually(() => as("tax").grantedFields({ request, wait: 10 }))).fields).toEqual(fields);
    }
  },

  "D8: permits, penalties and social-security records are the same kind of granular record": async ({ as }) => {
    for (const id of ["permit", "administrative-penalty", "social-security-record"]) {
      const json = readJson(`${id}.json`);
      await define(as, json);
      const type = parseCertificateType(json);
      if ("refused" in type) throw new Error(`${id} is no type`);
      const made = sampleFields(type, mainPart, 11, Math.floor(Math.random() * 1_000_000));
      if ("refused" in made) throw new Error(made.detail.en);
      const issuer = type.issuers[0] ?? "";
      const reader = ["tax", "customs", "inspection", "platform"].find((member) => member !== issuer) ?? "";
      const { certificate } = await as(issuer).issueCertificate({ type: id, fields: made.fields });
      const [field = ""] = Object.keys(made.fields);
      const ask = { certificate, part: mainPart, fields: [field], purpose: "credit-check", serviceItem: "credit", basis: "agreement" };
      const { request, state } = await eventually(() => as(reader).openRequest(ask));
      expect(state).not.toBe("refused");
      if (state === undefined || state === "pending")
        await eventually(() => as(issuer).decideRequest({ request, decision: "approve", reason: "lawful" }));
      expect((await eventually(() => as(reader).grantedFields({ request, wait: 10 }))).fields).toEqual({ [field]: made.fields[field] });
      const [granted] = (await collect(as(issuer).each.certificateTrace({ certificate }))).filter(({ kind }) => kind === "granted");
      expect(granted).toMatchObject({ reader, fields: [field], purpose: "credit-check" });
    }
  },
};
