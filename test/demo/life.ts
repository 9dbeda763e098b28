import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { newHolder } from "./holder.ts";
import { as, eventually, folder, offline, problemOf, sample, story, type, vermilion } from "./stage.ts";

/** From receipt to revocation, and after each step what a verifier is told who is shown the document. */
export async function lifeGoesOn(): Promise<void> {
  story.chapter("证照的一生：收证、中止、更正、换证、注销 · received, suspended, corrected, renewed, revoked");
  const platform = as("platform");
  const { chain } = await platform.consortium();
  const holder = newHolder();
  const { address } = await platform.registerAccount(holder.account({ chain, member: "platform", name: `holder-${Date.now()}` }));
  const first = await platform.issueCertificate({ type: type.id, fields: sample.main, holder: address });
  const { certificate, issuerSignedSha256: document } = first;
  const told = async (sdJwt: string | undefined, wanted: string, what: string) => {
    const { verdicts } = await eventually(() => verifiedBy("tax", sdJwt ?? ""));
    story.check(`${what}: the verifier is told integrity ${verdicts.integrity}, status ${verdicts.status}`, verdicts.status === wanted);
  };
  await told(first.sdJwt, "valid", "just issued");
  await platform.receiveCertificate({ certificate, proof: holder.received({ chain, certificate, document }) });
  const steps = async (of: string) => (await platform.certificateHistory({ certificate: of, limit: 100 })).items;
  story.check("the holder has signed for it", (await steps(certificate)).at(-1)?.who.id === address);

  await platform.suspendCertificate({ certificate, reason: "inquiry" });
  await told(first.sdJwt, "suspended", "suspended");
  const early = await problemOf(platform.renewCertificate({ certificate, fields: sample.main, reason: "renewal" }));
  story.check(`a suspended one is not renewed: ${early?.code}`, early?.code === "certificate-suspended");
  const resumed = await platform.resumeCertificate({ certificate, reason: "inquiry-closed" });
  await told(first.sdJwt, "valid", "resumed");

  const corrected = await platform.correctCertificate({
    certificate,
    part: "main",
    fields: { ...sample.main, postcode: "361012" },
    reason: "typing-error",
  });
  await told(first.sdJwt, "corrected", "corrected, the old document");
  await told(corrected.sdJwt, "valid", "corrected, the new one");
  const foreign = await problemOf(as("tax").correctCertificate({ certificate, part: "main", fields: sample.main, reason: "typing-error" }));
  story.check(`nobody corrects another agency's part: ${foreign?.code}`, foreign?.code === "not-the-owner");

  const renewed = await platform.renewCertificate({ certificate, fields: sample.main, reason: "renewal" });
  const old = await eventually(async () => {
    const status = await as("customs").certificateStatus({ certificate });
    return status.status === "replaced" ? status : undefined;
  });
  story.check(
    `renewed: the old one is ${old.status} and points to …${renewed.certificate.slice(-8)}`,
    old.replacedBy === renewed.certificate,
  );
  await told(corrected.sdJwt, "replaced", "renewed, the old document");
  const again = await problemOf(platform.renewCertificate({ certificate, fields: sample.main, reason: "renewal" }));
  story.check(`a second renewal: ${again?.code}`, again?.code === "certificate-replaced");

  await platform.revokeCertificate({ certificate: renewed.certificate, reason: "holder-request" });
  await told(renewed.sdJwt, "revoked", "revoked");
  const then = await platform.certificateStatus({ certificate, asOf: resumed.time });
  story.check(`as of the day it was resumed it was ${then.status}`, then.status === "valid");
  const all = await steps(certificate);
  const receipts = await Promise.all(all.map(({ transaction }) => platform.receipt({ transactionHash: transaction, wait: 20 })));
  story.check(
    `${all.map(({ kind }) => kind).join(" → ")}: a final receipt for each step`,
    receipts.every(({ final }) => final),
  );
  await listedOffline(renewed.transactionHash, renewed.certificate, renewed.sdJwt ?? "");
}

/** The verifier who has no network sees the revocation in the issuer's status list. */
async function listedOffline(transaction: string, certificate: string, sdJwt: string): Promise<void> {
  const place = (await as("platform").certificate({ certificate })).parts["main"]?.status;
  const list = await as("platform").statusList({ issuer: "platform", list: place?.list ?? 0 });
  const files = Object.fromEntries(
    ["r.tlog-proof", "policy.txt", "genesis.json", "c.sd-jwt", "status.jwt"].map((name) => [name, join(folder, `renewed-${name}`)]),
  );
  writeFileSync(files["c.sd-jwt"] ?? "", sdJwt);
  writeFileSync(files["status.jwt"] ?? "", list);
  const [receipt = "", policy = "", genesis = ""] = [files["r.tlog-proof"], files["policy.txt"], files["genesis.json"]];
  await vermilion("receipt", transaction, "--as", "platform", "--out", receipt, "--entry", "--policy", policy, "--genesis", genesis);
  const { code, out } = await offline(
    receipt,
    "--policy",
    policy,
    "--genesis",
    genesis,
    "--sd-jwt",
    files["c.sd-jwt"] ?? "",
    "--status-list",
    files["status.jwt"] ?? "",
    "--json",
  );
  const { integrity, status } = JSON.parse(out);
  story.check(
    `offline, with the status list: integrity ${integrity.verdict}, status ${status.verdict} (exit ${code})`,
    status.verdict === "revoked" && code === 1,
  );
}

async function verifiedBy(member: string, sdJwt: string) {
  const uscc = (await as(member).members()).items.find(({ id }) => id === "platform")?.uscc ?? "";
  return as(member).verifyCertificate({ sdJwt, issuerCode: uscc });
}
