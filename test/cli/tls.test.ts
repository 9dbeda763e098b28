import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { consortiumOf, foundConsortium, systemClock, systemRandom } from "@vermilion/local";
import { serveHttp } from "@vermilion/local/http/server";
import { expect, onTestFinished, test } from "vitest";
import { startMember, testClock } from "../api/support/member.ts";
import { freePorts } from "../local/local-support.ts";
import { certificate, privateKey } from "./self-signed.ts";
import { temporaryFolder, vermilion } from "./spawn.ts";

const hash = "ab".repeat(32);

/** A consortium of one on this computer that serves HTTPS with a certificate of its own. */
async function place() {
  const folder = temporaryFolder();
  const tls = { certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  writeFileSync(tls.certificate, certificate);
  writeFileSync(tls.key, privateKey, { mode: 0o600 });
  const port = await freePorts(1);
  const data = join(folder, "data");
  const config = consortiumOf(["north"], { name: "grain.example", firstPort: port });
  await foundConsortium({ data, config, tls, clock: systemClock, random: systemRandom });
  const member = await startMember({ id: "north", clock: Object.assign(testClock(), { time: Date.now() }) });
  const server = await serveHttp({ handle: (request) => member.api.fetch(request), host: "127.0.0.1", port, tls });
  onTestFinished(() => server.close(0));
  return { data, url: `https://127.0.0.1:${port}`, appFile: join(data, "apps", "north-desk.json") };
}

test("data commands believe the certificates of the members in DATA, by --url and by an app file too, and nobody else's", async () => {
  const { data, url, appFile } = await place();
  const ways = [
    ["--data", data, "--url", url],
    ["--data", data],
    ["--data", data, "--app-file", appFile],
  ];
  for (const way of ways) expect(await vermilion(["lookup", hash, ...way])).toMatchObject({ code: 0, err: "" });
  const stranger = await vermilion(["lookup", hash, "--data", temporaryFolder(), "--url", url]);
  expect(stranger).toMatchObject({ code: 1, out: "" });
  expect(stranger.err).toMatch(/^vermilion: unreachable: /);
});
