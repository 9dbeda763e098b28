import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BulkAnswer } from "@vermilion/client";
import { as, folder, offline, runName, sample, story, type } from "./stage.ts";

export async function manyAtOnce(): Promise<void> {
  story.chapter("批量：一次签发多份，一次存证多件 · many certificates in one call, many digests in one entry");
  const lines = Array.from({ length: 60 }, (_, at) => ({
    op: "issue" as const,
    key: `demo-${runName}-${at}`,
    type: type.id,
    fields: at % 20 === 7 ? { ...sample.main, creditCode: "91350200MA2XQ7K096" } : sample.main,
  }));
  const answers: BulkAnswer[] = [];
  for await (const answer of as("platform").bulk(lines)) answers.push(answer);
  const entries = new Set(answers.flatMap(({ transactionHash }) => transactionHash ?? []));
  const refused = answers.filter(({ status }) => status === "refused");
  story.check(
    `${lines.length} lines: ${answers.filter(({ status }) => status === "committed").length} certificates in ${entries.size} entries, ${refused.length} lines refused (${refused[0]?.code})`,
    answers.length === 60 && refused.length === 3 && entries.size < 12,
  );
  const again: BulkAnswer[] = [];
  for await (const answer of as("platform").bulk(lines.slice(0, 20))) again.push(answer);
  story.check(
    "the first 20 sent again are the same certificates",
    again.every(({ certificate }, at) => certificate === answers[at]?.certificate),
  );
  const { total } = (await as("tax").statistics()).certificates;
  story.check(`the home page counts ${total} certificates`, total >= 57);

  const digests = Array.from({ length: 1_000 }, (_, at) => createHash("sha256").update(`evidence ${runName} ${at}`).digest("hex"));
  const deposited = await as("tax").depositEvidence({ digests });
  const proof = await as("tax").evidenceReceipt({ evidence: deposited.evidence, digest: digests[777] ?? "", wait: 20 });
  story.check(
    `1,000 digests are one entry; the 778th has a receipt with a path of ${proof.path.length} hashes`,
    proof.final && proof.index === 777,
  );
  const [original, evidence, policy] = ["original.txt", "original.evidence.json", "deposit-policy.txt"].map((name) => join(folder, name));
  writeFileSync(original ?? "", `evidence ${runName} 777`);
  writeFileSync(evidence ?? "", JSON.stringify(proof));
  writeFileSync(policy ?? "", await as("customs").policy());
  const checked = await offline(evidence ?? "", "--policy", policy ?? "", "--document", original ?? "");
  writeFileSync(original ?? "", "another text");
  const forged = await offline(evidence ?? "", "--policy", policy ?? "", "--document", original ?? "");
  story.check(
    `offline: the original fits its receipt (exit ${checked.code}), a changed one does not (exit ${forged.code})`,
    checked.code === 0 && forged.code === 1,
  );
}
