import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient, type Health } from "@vermilion/client";
import { dataPaths, listAppFiles, readAppFile } from "@vermilion/local";
import { newHolder } from "./holder.ts";
import { lifeGoesOn } from "./life.ts";
import { manyAtOnce } from "./many.ts";
import {
  as,
  clients,
  data,
  eventually,
  folder,
  offline,
  operators,
  options,
  problemOf,
  run,
  sample,
  story,
  type,
  vermilion,
} from "./stage.ts";

/**
 * The life of one certificate on a running consortium, through the same HTTPS API and CLI that anybody uses. Every line is checked; the exit
 * code is 0 only if all are true. `--target` is the folder with the four members' app files: the one that `npm start` makes, by default, or
 * one for members in the cloud (`vermilion app add desk --stack … --data …`), which tells with `--stop` and `--start` how one is stopped.
 */

async function main(): Promise<void> {
  await signIn();
  const issued = await publish();
  await everyMemberHolds(issued.certificate);
  await completePart(issued.certificate);
  await customsReads(issued.certificate);
  const requests = await taxAsks(issued.certificate);
  await taxReadsNothingElse(issued.certificate, requests);
  await traceTells(issued.certificate);
  await anybodyLooksUp(issued.issuerSignedSha256, issued.transactionHash);
  await receiptHoldsOffline(issued);
  await lifeGoesOn();
  await manyAtOnce();
  await leaderStops();
  await headsAreEqual();
}

async function signIn(): Promise<void> {
  story.chapter("四个成员在运行 · four members are running");
  const desks = listAppFiles(data).filter((file) => file.endsWith("-desk.json"));
  if (desks.length === 0) throw new Error(`no consortium in ${data}: run \`npm start\` in another terminal first`);
  for (const app of desks.map(readAppFile)) {
    clients.set(app.member, createClient({ baseUrl: app.baseUrl, app, operator: operators[app.member] ?? app.member }));
  }
  const all = await Promise.all([...clients.values()].map((client) => client.health()));
  story.check(
    `${all.map(({ member }) => member).join(", ")}: ${all.map(({ status }) => status).join(", ")}`,
    all.length === 4 && all.every(({ status }) => status === "ok"),
  );
  await as("platform")
    .type({ type: type.id })
    .catch(() => as("platform").defineType({ type }));
}

async function publish() {
  story.chapter("发布：平台发布商务部备案登记表 · platform publishes a filing with 28 fields");
  const fields = { ...sample.main };
  const names = type.fields
    .filter(({ part, derivedFrom }: { part: string; derivedFrom?: string }) => part === "main" && derivedFrom === undefined)
    .map(({ name }: { name: string }) => name);
  story.check(
    `28 fields: ${Object.keys(fields).length} given of ${names.length}`,
    names.length === 28 && names.every((name: string) => name in fields),
  );
  const issued = await as("platform").issueCertificate({ type: type.id, fields });
  story.check(`${issued.certificate} in block ${issued.blockNumber}`, issued.outcome === "applied");
  const wrong = await problemOf(
    as("platform").issueCertificate({ type: type.id, fields: { ...fields, creditCode: "91350200MA2XQ7K096" } }),
  );
  story.check(
    `a wrong check digit is refused: ${wrong?.problems?.map(({ field, code }) => `${field} ${code}`).join()}`,
    wrong?.problems?.[0]?.field === "creditCode",
  );
  const { issuerSignedSha256, sdJwt, transactionHash } = issued;
  if (sdJwt === undefined) throw new Error("the issuer was not given its SD-JWT");
  return { certificate: issued.certificate, issuerSignedSha256, sdJwt, transactionHash };
}

async function everyMemberHolds(certificate: string): Promise<void> {
  story.chapter("每个成员都保存密文 · every member holds the ciphertext, nobody else's plaintext");
  for (const [member, client] of clients) {
    const row = await eventually(() => client.certificate({ certificate }));
    const part = row.parts["main"];
    const bytes = await client.attachment({ sha256: part?.disclosures ?? "" });
    const same = createHash("sha256").update(bytes).digest("hex") === part?.disclosures;
    const plain = Buffer.from(bytes).includes(Buffer.from(String(sample.main.enterpriseNameZh)));
    story.check(`${member}: ${bytes.length} bytes of ciphertext, hash as on the ledger`, same && !plain);
  }
}

async function completePart(certificate: string): Promise<void> {
  story.chapter("录入：检验检疫补充本部分 · inspection completes the record");
  const policy = type.policies.find(({ reader }: { reader: string }) => reader === "inspection");
  const request = await as("inspection").openRequest({
    certificate,
    part: "main",
    fields: policy.fields,
    purpose: policy.purposes[0],
    serviceItem: "filing",
    basis: "standing-policy",
  });
  const prefilled = await as("inspection").grantedFields({ request: request.request, wait: 10 });
  const shown = type.parts[0].prefilled.map(({ field }: { field: string }) => field);
  story.check(
    `${Object.keys(prefilled.fields).length} fields come pre-filled, the organisation code read from the credit code`,
    shown.length === 17 && matches(prefilled.fields, shown),
  );
  const completed = await as("inspection").completeCertificate({ certificate, part: "inspection", fields: sample.inspection });
  story.check(
    `its own ${Object.keys(sample.inspection).length} fields are in block ${completed.blockNumber}`,
    completed.outcome === "applied",
  );
  const own = await as("inspection").ownFields({ certificate, part: "inspection" });
  story.check(
    "inspection reads its own part back, unchanged",
    JSON.stringify(sorted(own.fields)) === JSON.stringify(sorted(sample.inspection)),
  );
  const again = await problemOf(as("platform").completeCertificate({ certificate, part: "inspection", fields: sample.inspection }));
  story.check(`platform may not fill in inspection's part: ${again?.code}`, again !== undefined);
}

async function customsReads(certificate: string): Promise<void> {
  story.chapter("海关按常设授权读取三个字段 · customs reads exactly three fields by the standing policy");
  const policy = type.policies.find(({ reader }: { reader: string }) => reader === "customs");
  const request = await as("customs").openRequest({
    certificate,
    part: "main",
    fields: policy.fields,
    purpose: policy.purposes[0],
    serviceItem: "import-declaration",
    basis: "customs-law",
  });
  const read = await as("customs").grantedFields({ request: request.request, wait: 10 });
  story.check(`${JSON.stringify(read.fields)}`, Object.keys(read.fields).length === 3 && matches(read.fields, policy.fields));
  const other = await as("customs").openRequest({
    certificate,
    part: "main",
    fields: policy.fields,
    purpose: "statistics",
    serviceItem: "import-declaration",
    basis: "customs-law",
  });
  const refused = await problemOf(as("customs").grantedFields({ request: other.request, wait: 0 }));
  story.check(`the same fields for another purpose wait for the owner: ${refused?.code}`, refused?.code === "request-pending");
}

async function taxAsks(certificate: string): Promise<{ granted: string; refused: string }> {
  story.chapter("税务申请两个字段，平台批准一件、拒绝一件 · tax asks; the owner approves one request and refuses another");
  const ask = (fields: string[]) =>
    as("tax").openRequest({
      certificate,
      part: "main",
      fields,
      purpose: "tax-registration",
      serviceItem: "registration",
      basis: "tax-law",
    });
  const first = await ask(["creditCode", "registeredCapital"]);
  const second = await ask(["legalRepresentative", "idNumber"]);
  const waiting = await problemOf(as("tax").grantedFields({ request: first.request, wait: 0 }));
  story.check(`both wait: ${waiting?.code}`, waiting?.code === "request-pending");
  const list = await eventually(async () => {
    const page = await as("platform").requests({ list: "to-decide", limit: 100 });
    const ids = page.items.map(({ request }) => request);
    return ids.includes(first.request) && ids.includes(second.request) ? page.items : undefined;
  });
  story.check(`platform's desk sees ${list.length} to decide`, list.length >= 2);
  const foreign = await problemOf(as("inspection").decideRequest({ request: first.request, decision: "approve", reason: "lawful" }));
  story.check(`inspection may not decide for platform: ${foreign?.code}`, foreign?.code === "not-the-owner");
  await as("platform").decideRequest({ request: first.request, decision: "approve", reason: "lawful" });
  await as("platform").decideRequest({ request: second.request, decision: "refuse", reason: "not-necessary" });
  const read = await eventually(() => as("tax").grantedFields({ request: first.request, wait: 10 }));
  story.check(`tax reads ${JSON.stringify(read.fields)}`, matches(read.fields, ["creditCode", "registeredCapital"]));
  const refused = await eventually(async () => {
    const problem = await problemOf(as("tax").grantedFields({ request: second.request, wait: 0 }));
    return problem?.code === "request-refused" ? problem : undefined;
  });
  story.check(`the other one stays closed: ${refused.code}`, true);
  return { granted: first.request, refused: second.request };
}

async function taxReadsNothingElse(certificate: string, requests: { granted: string; refused: string }): Promise<void> {
  story.chapter("税务读不到任何其他内容 · tax can read nothing else, whatever it tries");
  const tax = as("tax");
  const customsRequest = (await as("customs").requests({ list: "mine", limit: 1 })).items[0]?.request ?? "";
  const attempts: [string, () => Promise<unknown>][] = [
    ["the refused request", () => tax.grantedFields({ request: requests.refused, wait: 0 })],
    ["customs' request", () => tax.grantedFields({ request: customsRequest, wait: 0 })],
    ["the record as if it were its own", () => tax.ownFields({ certificate, part: "main" })],
    ["inspection's part as if it were its own", () => tax.ownFields({ certificate, part: "inspection" })],
    ["a request that does not exist", () => tax.grantedFields({ request: `${"0".repeat(64)}-0`, wait: 0 })],
    ["granting its own request", () => tax.decideRequest({ request: requests.refused, decision: "approve", reason: "lawful" })],
    ["issuing in platform's name", () => tax.issueCertificate({ type: type.id, fields: sample.main })],
  ];
  for (const [what, attempt] of attempts) {
    const problem = await problemOf(attempt());
    story.check(`${what}: ${problem?.code}`, problem !== undefined && problem.status >= 400 && problem.status < 500);
  }
  const read = await tax.grantedFields({ request: requests.granted, wait: 0 });
  story.check("what it was granted is still only these two fields", Object.keys(read.fields).length === 2);
}

async function traceTells(certificate: string): Promise<void> {
  story.chapter("使用痕迹 · the trace: who read what, when, why, through which app and operator");
  const acts = [];
  for await (const act of as("platform").each.certificateTrace({ certificate })) acts.push(act);
  for (const act of acts) {
    const what = [
      act.kind,
      act.reader ?? act.who.id,
      act.fields?.length === undefined ? "" : `${act.fields.length} fields`,
      act.purpose ?? "",
      act.by === undefined ? "" : `${act.by.app}/${act.by.operator}`,
    ];
    story.say(`  ${new Date(act.at).toISOString()}  ${what.filter((word) => word !== "").join("  ")}`);
  }
  const granted = acts.filter(({ kind }) => kind === "granted");
  story.check(
    `${granted.length} deliveries of keys, each with its request`,
    granted.length === 3 && granted.every(({ request }) => request !== undefined),
  );
  const requested = acts.filter(({ kind }) => kind === "requested");
  story.check(
    "each request names purpose, item, app and operator",
    requested.length >= 4 &&
      requested.every(({ by, purpose, serviceItem }) => by !== undefined && purpose !== undefined && serviceItem !== undefined),
  );
}

async function anybodyLooksUp(digest: string, transactionHash: string): Promise<void> {
  story.chapter("无账户者按哈希核验 · somebody with no account looks it up by hash");
  const { baseUrl } = readAppFile(dataPaths(data).app("customs", "desk"));
  const stranger = createClient({ baseUrl });
  const found = await stranger.lookup({ hash: digest });
  story.check(
    `${digest.slice(0, 16)}…: ${found.outcome}, issued by ${found.issuer}, block ${found.blockNumber}`,
    found.transactionHash === transactionHash && found.issuer === "platform",
  );
  const unknown = await problemOf(stranger.lookup({ hash: "f".repeat(64) }));
  story.check(`an unknown hash: ${unknown?.code}`, unknown?.code === "unknown-hash");
  const closed = await fetch(`${baseUrl}/v1/entries/${transactionHash}`);
  story.check(`the entry itself is not for strangers: ${closed.status}`, closed.status === 401);
}

async function receiptHoldsOffline(issued: { transactionHash: string; sdJwt: string }): Promise<void> {
  story.chapter("回执离线核验 · the receipt is verified with no network");
  const receipt = join(folder, "certificate.tlog-proof");
  const policy = join(folder, "policy.txt");
  const genesis = join(folder, "genesis.json");
  const sdJwt = join(folder, "certificate.sd-jwt");
  writeFileSync(sdJwt, issued.sdJwt);
  await vermilion(
    "receipt",
    issued.transactionHash,
    "--as",
    "platform",
    "--out",
    receipt,
    "--entry",
    "--policy",
    policy,
    "--genesis",
    genesis,
  );
  const size = readFileSync(receipt).length;
  story.check(`receipt of ${size} bytes, at most 2,560`, size <= 2_560);
  const good = await offline(receipt, "--policy", policy, "--genesis", genesis, "--sd-jwt", sdJwt);
  for (const line of good.out.trim().split("\n")) story.say(`  ${line}`);
  story.check("our CLI: integrity and issuer hold (exit 0)", good.code === 0);
  const text = readFileSync(receipt, "utf8");
  const forged = join(folder, "forged.tlog-proof");
  writeFileSync(
    forged,
    text.replace(/^index (\d+)$/m, (_, index: string) => `index ${Number(index) + 1}`),
  );
  const bad = await offline(forged, "--policy", policy);
  story.check("a changed receipt fails (exit 1)", bad.code === 1);
  await goChecker(receipt, policy, forged);
}

async function goChecker(receipt: string, policy: string, forged: string): Promise<void> {
  const source = new URL("../interop/go", import.meta.url).pathname;
  try {
    await run("go", ["version"]);
  } catch {
    story.say("  ! Go is not installed on this computer: the second, independent checker did NOT run");
    return;
  }
  const checker = join(folder, "checker");
  await run("go", ["build", "-o", checker, "."], { cwd: source });
  const { stdout } = await run(checker, [policy, receipt]);
  story.check(`the Go checker (golang.org/x/mod/sumdb): ${stdout.trim()}`, stdout.startsWith("ok"));
  const refused = await run(checker, [policy, forged]).then(
    () => false,
    () => true,
  );
  story.check("the Go checker refuses the changed receipt", refused);
}

/** How a member is stopped and started on this platform; undefined where nobody has told. */
const switches = existsSync(dataPaths(data).consortium)
  ? { stop: (member: string) => vermilion("stop", member), start: (member: string) => vermilion("start", member) }
  : options.stop === undefined || options.start === undefined
    ? undefined
    : { stop: hook(options.stop), start: hook(options.start) };

function hook(command: string): (member: string) => Promise<unknown> {
  return (member) => run("sh", ["-c", `${command} "$1"`, "sh", member]);
}

async function leaderStops(): Promise<void> {
  story.chapter("领导者停机，业务继续 · the leader is stopped and the next certificate is still issued");
  if (switches === undefined) {
    story.say("  ! skipped: it was not told how a member is stopped here (--stop and --start, each a command that takes the member)");
    return;
  }
  const leader = await leaderNow();
  await stopLeader(leader);
  if (leader !== "platform") {
    await issueWithout(leader);
  } else {
    // The only issuer of this type was leading: the others' business goes on, and the second leader is stopped while platform issues.
    const began = Date.now();
    const registered = await as("tax").registerAccount(await newAccount("tax"));
    story.check(
      `tax registers a holder in block ${registered.blockNumber}, ${Date.now() - began} ms later`,
      registered.outcome === "applied",
    );
    await comesBack(leader);
    const second = await leaderNow();
    await stopLeader(second);
    await issueWithout(second);
    await comesBack(second);
    return;
  }
  await comesBack(leader);
}

async function leaderNow(): Promise<string> {
  return eventually(async () => (await heads()).find(({ role }) => role === "leader")?.member);
}

async function stopLeader(leader: string): Promise<void> {
  await switches?.stop(leader);
  story.check(`${leader} was leading and is stopped`, (await problemOf(as(leader).health())) !== undefined);
}

async function issueWithout(leader: string): Promise<void> {
  const began = Date.now();
  const next = await as("platform").issueCertificate({ type: type.id, fields: sample.main });
  story.check(
    `without ${leader}: ${next.certificate} in block ${next.blockNumber}, ${Date.now() - began} ms later`,
    next.outcome === "applied",
  );
  const receipt = await as("platform").receipt({ transactionHash: next.transactionHash, wait: 10 });
  story.check("and its receipt is final with three of four members", receipt.final);
}

async function comesBack(member: string): Promise<void> {
  await switches?.start(member);
  const height = Math.max(...(await heads()).map((head) => head.height));
  const caughtUp = await eventually(async () => (await heads()).find((head) => head.member === member && head.height >= height));
  story.check(`${member} is back and has caught up to height ${caughtUp.height}`, true);
}

/** A holder's key pair, made here as on his phone, and its proof. */
async function newAccount(member: string) {
  const { chain } = await as(member).consortium();
  return newHolder().account({ chain, member, name: `holder-${Date.now()}` });
}

async function headsAreEqual(): Promise<void> {
  story.chapter("四个账本相同 · four heads are equal");
  const equal = await eventually(async () => {
    const all = await heads();
    return all.length === 4 && new Set(all.map(({ headHash, state }) => `${headHash} ${state}`)).size === 1 ? all : undefined;
  });
  for (const { member, height, headHash, finalSize } of equal)
    story.say(`  ${member.padEnd(11)} height ${height}  ${headHash.slice(0, 24)}…  final size ${finalSize}`);
  story.check("height, head and state are the same on all four", true);
}

async function heads() {
  const all = await Promise.allSettled([...clients.values()].map((client) => client.health()));
  return all.flatMap((one) =>
    one.status === "fulfilled" ? one.value.chains.map((chain: Health["chains"][number]) => ({ member: one.value.member, ...chain })) : [],
  );
}

function matches(fields: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  const published = { ...sample.main, organisationCode: sample.main.creditCode.slice(8, 17) };
  return Object.keys(fields).length === names.length && names.every((name) => fields[name] === published[name]);
}

function sorted(fields: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1)));
}

try {
  await main();
} catch (error) {
  story.fail(error instanceof Error ? error.message : String(error));
}
process.exitCode = story.close();
