import { createClient } from "@vermilion/client";
import { appFile, print } from "./support.ts";

const app = appFile("platform");
const client = createClient({ baseUrl: app.baseUrl, app, operator: "张三" });

const fields = { title: "许可", dataType: "text/plain", text: "有效" };
const first = await client.issueCertificate({ type: "text-asset", fields });
const second = await client.renewCertificate({ certificate: first.certificate, fields, reason: "renewal" });
await client.revokeCertificate({ certificate: second.certificate, reason: "holder-request" });
for (const { certificate } of [first, second]) print(`${certificate}: ${(await client.certificateStatus({ certificate })).status}`);
