import { createHash } from "node:crypto";
import { createClient } from "@vermilion/client";
import { appFile, print } from "./support.ts";

const app = appFile("tax");
const client = createClient({ baseUrl: app.baseUrl, app, operator: "张三" });

const digests = ["a.pdf", "b.pdf", "c.pdf"].map((file) => createHash("sha256").update(file).digest("hex"));
const { evidence, count } = await client.depositEvidence({ digests });
const proof = await client.evidenceReceipt({ evidence, digest: digests[1] ?? "", wait: 20 });
print(`${count} digests as ${evidence}; one of them is proved by ${proof.path.length} hashes, final: ${proof.final}`);
