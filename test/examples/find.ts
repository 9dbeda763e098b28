import { createClient } from "@vermilion/client";
import { appFile, print } from "./support.ts";

const app = appFile("platform");
const client = createClient({ baseUrl: app.baseUrl, app, operator: "张三" });

// An iterator over all pages: a page is asked for when it is needed.
let seen = 0;
for await (const { certificate, typeNames, status } of client.each.certificates({ issuer: "platform", sort: "newest" })) {
  print(`${certificate} ${typeNames.zh} ${status}`);
  if (++seen === 20) break;
}
