import { createClient } from "@vermilion/client";
import { appFile, print } from "./support.ts";

const [owner, reader] = [appFile("platform"), appFile("tax")].map((app) => createClient({ baseUrl: app.baseUrl, app, operator: "张三" }));
if (owner === undefined || reader === undefined) throw new Error("two members");

const { certificate } = await owner.issueCertificate({
  type: "text-asset",
  fields: { title: "报告", dataType: "text/plain", text: "内容" },
});
const ask = { certificate, part: "main", fields: ["text"], purpose: "tax-registration", serviceItem: "registration", basis: "tax-law" };
const { request } = await reader.openRequest(ask);
await owner.decideRequest({ request, decision: "approve", reason: "lawful" });
print(JSON.stringify((await reader.grantedFields({ request, wait: 20 })).fields));
for await (const { kind, who, purpose } of owner.each.certificateTrace({ certificate })) print(`${kind} by ${who.id} ${purpose ?? ""}`);
