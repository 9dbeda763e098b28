import { type BulkLine, createClient } from "@vermilion/client";
import { appFile, print, runName } from "./support.ts";

const app = appFile("platform");
const client = createClient({ baseUrl: app.baseUrl, app, operator: "张三" });

// Sent again with the same keys, after whatever has broken, nothing is issued twice.
const lines: BulkLine[] = ["一", "二", "三"].map((name, at) => {
  return { op: "issue", key: `${runName}-${at}`, type: "text-asset", fields: { title: name, dataType: "text/plain", text: name } };
});
for await (const { line, status, certificate, code } of client.bulk(lines)) print(`${line}: ${status} ${certificate ?? code}`);
