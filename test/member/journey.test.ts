import { readFileSync } from "node:fs";
import { verifyReceipt } from "@vermilion/ledger";
import type { Caller, WriteOptions } from "@vermilion/member";
import { nativeCrypto } from "@vermilion/node";
import { describe, expect, test } from "vitest";
import { eventually, openCluster } from "../support/cluster.ts";

const type = JSON.parse(readFileSync(new URL("../../packages/certificates/types/moc-filing.json", import.meta.url), "utf8"));
const sample = JSON.parse(readFileSync(new URL("../../packages/certificates/types/moc-filing.sample.json", import.meta.url), "utf8"));
const caller: Caller = { app: "desk", operator: "zhang-san" };
const options: WriteOptions = { waitMs: 10_000 };

function good<T extends object>(answer: T): Exclude<T, { refused: string }> {
  if ("refused" in answer) throw new Error(JSON.stringify(answer));
  return answer as Exclude<T, { refused: string }>;
}

describe("a certificate on four members", () => {
  test("is issued, completed, asked for, granted, read, traced and proved", async () => {
    const cluster = await openCluster();
    try {
      const services = (id: string) => cluster.node(id).running!.services;
      good(await services("platform").defineType({ type }, caller, options));
      const issued = good(await services("platform").issueCertificate({ type: type.id, fields: sample.main }, caller, options));
      expect(issued.outcome).toEqual({ kind: "applied" });
      const open = good(
        await services("customs").openRequest(
          {
            certificate: issued.certificate,
            part: "main",
            fields: type.policies.find((p: { reader: string }) => p.reader === "customs").fields,
            purpose: "customs-clearance",
            serviceItem: "import",
            basis: "customs-law",
          },
          caller,
          options,
        ),
      );
      const read = good(await services("customs").grantedFields({ request: open.request }, caller, { waitMs: 10_000 }));
      for (const [name, value] of Object.entries(read.fields)) expect(value).toEqual(sample.main[name]);
      expect(Object.keys(read.fields)).toHaveLength(3);
      const receipt = await eventually(async () => {
        const answer = good(await services("tax").receipt({ transactionHash: issued.transactionHash }, { waitMs: 5_000 }));
        return answer.final && answer;
      });
      const verified = verifyReceipt(receipt.receipt, await services("tax").policy({}), nativeCrypto);
      expect(verified).toMatchObject({ ok: true, record: { outcome: { kind: "applied" } } });
      await eventually(async () => {
        const heads = await Promise.all(
          [...cluster.nodes.values()].map(async (node) => (await node.running!.services.health({})).chains[0]!),
        );
        return new Set(heads.map((head) => `${head.headHash} ${head.state}`)).size === 1 && heads.every((head) => head.asleep);
      });
      for (const node of cluster.nodes.values()) expect(node.errors).toEqual([]);
    } finally {
      await cluster.close();
    }
  });
});
