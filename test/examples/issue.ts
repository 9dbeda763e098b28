import { createClient } from "@vermilion/client";
import { appFile, print } from "./support.ts";

const app = appFile("platform");
const client = createClient({ baseUrl: app.baseUrl, app, operator: "张三" });

const issued = await client.issueCertificate({
  type: "text-asset",
  fields: { title: "通知", dataType: "text/plain", text: "下午三点开会" },
});
const { final } = await client.receipt({ transactionHash: issued.transactionHash, wait: 20 });
print(`${issued.certificate} in block ${issued.blockNumber}, ${final ? "final" : "not final yet"}`);
