import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mainPart, parseCertificateType } from "@vermilion/certificates";
import { sampleFields } from "@vermilion/certificates/samples/index";
import type { BulkLine, CertificateFilter, Services } from "@vermilion/member/services";
import type { Cleanup } from "./cleanup.ts";
import { durability, type Figure, round, type Settings } from "./figure.ts";
import type { MachineLimits } from "./limits.ts";
import { openSoloIn } from "./solo.ts";

const caller = { app: "desk", operator: "bench" };
const seed = 20_261_126;
const projection = 20_000_000;

/** Many generated certificates on one member: how fast they come in, what they weigh, and how long a question about them takes. */
export async function measureMillion(settings: Settings, limits: MachineLimits, cleanup: Cleanup): Promise<Figure> {
  const folder = settings.keep ?? cleanup.temporaryFolder(settings.folder);
  const solo = await openSoloIn(join(folder, "data"), settings, cleanup);
  const { services } = solo.running;
  const shipped = JSON.parse(readFileSync(new URL("../../packages/certificates/types/business-licence.json", import.meta.url), "utf8"));
  const json = { ...shipped, issuers: ["solo"], policies: [] };
  const type = parseCertificateType(json);
  if ("refused" in type) throw new Error("bug: a shipped type does not hold");
  const lineOf = (serial: number): BulkLine => {
    const made = sampleFields(type, mainPart, seed, serial);
    if ("refused" in made) throw new Error(made.detail.en);
    return { key: String(serial), act: { op: "issue", input: { type: type.id, fields: made.fields } } };
  };
  const facts = join(folder, "load.json");
  if (!existsSync(facts)) {
    const defined = await services.defineType({ type: json }, caller, {
      waitMs: 20_000,
    });
    if ("refused" in defined) throw new Error(`the type was refused: ${defined.refused}`);
    writeFileSync(facts, JSON.stringify(await load(services, settings.certificates, settings, solo.file, lineOf)));
  }
  const { count, perS, bytes } = JSON.parse(readFileSync(facts, "utf8")) as Loaded;
  settings.progress("million: looking up those that are asked for");
  const some = await someOf(services, count, lineOf);
  settings.progress("million: questions");
  const questions = await ask(services, some, Math.max(50, Math.round(settings.seconds * 100)));
  await solo.running.close();
  return {
    definition:
      `${count.toLocaleString("en")} generated business licences (12 fields) on one member of a consortium of one, in this process: issued through the bulk use case, each its own SD-JWT, encrypted field by field; ` +
      "then questions one after the other, of certificates drawn at random, below HTTP. Times are those of a warm process; the disk's cache is the system's.",
    signed:
      "An ES256 signature a certificate and one an entry of some 20; a verification checks the SD-JWT, writes an entry and waits for its commit.",
    store: "SQLite (node:sqlite), one file",
    durability,
    result: {
      certificates: count,
      issuedPerS: Math.round(perS),
      bytesPerCertificate: Math.round(bytes),
      gigabytesAt20Million: round((bytes * projection) / 1e9, 1),
      daysToIssue20Million: round(projection / perS / 86_400, 1),
      ...questions,
    },
    limit: { name: "P-256 signatures of this machine, one core", value: limits.p256SignsPerS, unit: "1/s" },
    ratio: round(perS / limits.p256SignsPerS, 4),
    explanation:
      "A certificate is signed, encrypted under a key a field, checked by the contract and indexed in five lists; its bytes are mostly the issuer-signed part, the ciphertexts and the commitments in the entry.",
    targets: [],
  };
}

/** What the issuing itself has told; kept beside the certificates. */
interface Loaded {
  readonly count: number;
  readonly perS: number;
  /** Of a certificate, in the files. */
  readonly bytes: number;
}

async function load(
  services: Services,
  count: number,
  settings: Settings,
  file: string,
  lineOf: (serial: number) => BulkLine,
): Promise<Loaded> {
  async function* lines(): AsyncGenerator<BulkLine> {
    for (let serial = 0; serial < count; serial++) yield lineOf(serial);
  }
  const before = weightOf(file);
  const began = performance.now();
  let done = 0;
  for await (const result of services.bulkCertificates(lines(), caller, { waitMs: 60_000 })) {
    if ("refused" in result || result.outcome?.kind !== "applied") throw new Error(`a line was refused: ${JSON.stringify(result)}`);
    done += 1;
    if (done % 10_000 !== 0) continue;
    const perS = done / ((performance.now() - began) / 1_000);
    settings.progress(
      `million: ${done.toLocaleString("en")} certificates, ${Math.round(perS)}/s, ${Math.round((count - done) / perS)} s left`,
    );
  }
  return { count, perS: count / ((performance.now() - began) / 1_000), bytes: (weightOf(file) - before) / count };
}

interface Known {
  readonly certificate: string;
  readonly number: string;
  /** Of those that were issued for this very run: nobody keeps an SD-JWT but who was given it. */
  readonly sdJwt?: string;
}

const asked = 2_000;
const shown = 200;

/** Certificates drawn evenly from all, and some more of which the document is at hand. */
async function someOf(services: Services, count: number, lineOf: (serial: number) => BulkLine): Promise<readonly Known[]> {
  const some: Known[] = [];
  const every = Math.max(1, Math.floor(count / asked));
  for (let serial = 0; serial < count; serial += every) {
    const number = numberOf(lineOf(serial));
    const page = await services.certificates({ type: "business-licence", number, limit: 1 });
    const [found] = "refused" in page ? [] : page.items;
    if (found === undefined) throw new Error(`the certificate ${serial} is not there`);
    some.push({ certificate: found.certificate, number });
  }
  const from = count + Math.floor(Math.random() * 1_000_000);
  async function* more(): AsyncGenerator<BulkLine> {
    for (let at = 0; at < shown; at++) yield lineOf(from + at);
  }
  for await (const result of services.bulkCertificates(more(), caller, { waitMs: 60_000 })) {
    if ("refused" in result || result.sdJwt === undefined) throw new Error("a certificate to show was refused");
    some.push({ certificate: result.certificate, number: "", sdJwt: result.sdJwt });
  }
  return some;
}

function numberOf(line: BulkLine): string {
  return line.act.op === "issue" ? String(line.act.input.fields["creditCode"]) : "";
}

async function ask(services: Services, some: readonly Known[], times: number): Promise<Record<string, unknown>> {
  const [kept, fresh] = [some.filter(({ sdJwt }) => sdJwt === undefined), some.filter(({ sdJwt }) => sdJwt !== undefined)];
  const at = (n: number, of = kept) => of[(n * 7_919) % of.length] ?? { certificate: "", number: "", sdJwt: "" };
  const issuerCode = at(0).certificate.split(".")[6] ?? "";
  const list = (filter: CertificateFilter) => services.certificates({ ...filter, limit: 10 });
  const now = Date.now();
  const questions: Readonly<Record<string, (n: number) => Promise<object>>> = {
    listNewestTen: () => list({}),
    listOfTypeOldestTen: () => list({ type: "business-licence", sort: "oldest" }),
    listRevoked: () => list({ status: "revoked" }),
    listByTime: (n) => list({ from: now - (n + 1) * 60_000, to: now - n * 1_000 }),
    byNumber: (n) => list({ type: "business-licence", number: at(n).number }),
    count: () => services.countCertificates({ type: "business-licence" }),
    certificate: (n) => services.certificate({ certificate: at(n).certificate }),
    status: (n) => services.certificateStatus({ certificate: at(n).certificate }),
    history: (n) => services.certificateHistory({ certificate: at(n).certificate, limit: 10 }),
    readOwnFields: (n) => services.ownFields({ certificate: at(n).certificate, part: mainPart }, caller),
  };
  const result: Record<string, unknown> = {};
  for (const [name, question] of Object.entries(questions)) result[`${name}Ms`] = await timed(question, times);
  const verify = (n: number) => services.verifyCertificate({ sdJwt: at(n, fresh).sdJwt ?? "", issuerCode }, caller, { waitMs: 20_000 });
  result["verifyAndRecordMs"] = await timed(verify, Math.min(times, 200));
  return result;
}

async function timed(question: (n: number) => Promise<object>, times: number) {
  const all: number[] = [];
  for (let n = 0; n < times; n++) {
    const began = performance.now();
    const answer = await question(n);
    all.push(performance.now() - began);
    if ("refused" in answer) throw new Error(`refused: ${JSON.stringify(answer)}`);
  }
  all.sort((one, other) => one - other);
  const share = (part: number) => round(all[Math.min(all.length - 1, Math.ceil(all.length * part) - 1)] ?? 0, 2);
  return { p50: share(0.5), p99: share(0.99), max: share(1) };
}

function weightOf(file: string): number {
  return [file, `${file}-wal`].reduce((sum, each) => sum + (statSync(each, { throwIfNoEntry: false })?.size ?? 0), 0);
}
