import { createClient, verifyOffline } from "@vermilion/client";
import { nobleCrypto } from "@vermilion/client/noble-crypto";
import { utf8 } from "@vermilion/ledger";
import { appFile, print } from "./support.ts";

const app = appFile("platform");
const client = createClient({ baseUrl: app.baseUrl, app, operator: "张三" });

const issued = await client.issueCertificate({ type: "text-asset", fields: { title: "证明", dataType: "text/plain", text: "内容" } });
const { receipt, entry } = await client.proof({ transactionHash: issued.transactionHash, wait: 20 });
const policy = await client.policy(); // from a source that you trust, once
const verdicts = await verifyOffline({ receipt, policy, entry: utf8(entry.entry), sdJwt: issued.sdJwt ?? "", crypto: nobleCrypto });
print("unreadable" in verdicts ? verdicts.code : verdicts.integrity.reason.zh);
