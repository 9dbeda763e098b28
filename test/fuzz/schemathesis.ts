import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClient } from "@vermilion/client";
import { dataPaths, readAppFile } from "@vermilion/local";
import { importJWK, SignJWT } from "jose";
import { freePorts } from "../support/ports.ts";
import { installPython } from "../support/python.ts";

const vermilion = fileURLToPath(new URL("../../packages/cli/bin/vermilion.js", import.meta.url));

/** A token lives for five minutes: a longer run is made of several, each with a token and a seed of its own. */
const secondsPerRun = 150;
const checks = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"];

export interface Fuzzing {
  readonly seconds: number;
  readonly seed: number;
  readonly say: (text: string) => void;
}

/** Fuzzes the first member of a consortium made for it; `found` when anything was wrong, told in `report`. */
export async function fuzzMember({ seconds, seed, say }: Fuzzing): Promise<{ readonly found: boolean; readonly report: string }> {
  if (!(seconds >= 5 && seconds <= 86_400)) throw new Error("--seconds: 5 to 86400");
  const python = await installPython("schemathesis", new URL("schemathesis-requirements.txt", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "vermilion-fuzz-"));
  const data = join(folder, "data");
  const port = await freePorts();
  const consortium = spawn(process.execPath, [vermilion, "start", "--data", data, "--port", String(port)], { stdio: "ignore" });
  try {
    const app = await appOf(data);
    const reports: string[] = [];
    let found = false;
    for (let left = seconds, run = 0; left > 0; left -= secondsPerRun, run++) {
      const length = Math.min(left, secondsPerRun);
      const token = await tokenOf(app);
      const ended = await runOnce(python, { folder, url: app.baseUrl, token, seconds: length, seed: seed + run, say });
      found ||= ended.code !== 0;
      reports.push(ended.report);
    }
    return { found, report: reports.join("\n") };
  } finally {
    consortium.kill("SIGTERM");
    await new Promise((resolve) => consortium.once("close", resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The credentials of the member's app, once the consortium stands and answers. */
async function appOf(data: string) {
  for (let attempt = 0; attempt < 300; attempt++) {
    try {
      const app = readAppFile(dataPaths(data).app("platform", "desk"));
      await createClient({ baseUrl: app.baseUrl }).health();
      return app;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  throw new Error("the consortium does not start");
}

/** Sign-in by RFC 7523, with every scope that the app has. */
async function tokenOf({ app, jwk, baseUrl }: ReturnType<typeof readAppFile>): Promise<string> {
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: "ES256", kid: jwk.kid })
    .setIssuer(app)
    .setSubject(app)
    .setAudience(baseUrl)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime("1m")
    .sign(await importJWK(jwk, "ES256"));
  const answer = await fetch(`${baseUrl}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
    }),
  });
  const { access_token: token } = (await answer.json()) as { readonly access_token?: string };
  if (token === undefined) throw new Error(`no token: ${answer.status}`);
  return token;
}

interface Run {
  readonly folder: string;
  readonly url: string;
  readonly token: string;
  readonly seconds: number;
  readonly seed: number;
  readonly say: (text: string) => void;
}

async function runOnce(python: string, { folder, url, token, seconds, seed, say }: Run) {
  const parameters = [
    ...["-m", "schemathesis.cli", "run", `${url}/openapi.json`, "--url", url],
    ...["--checks", checks.join(","), "--max-time", String(seconds), "--seed", String(seed), "--phases", "coverage,fuzzing"],
    ...["--header", `Authorization: Bearer ${token}`, "--header", "Vermilion-Operator: fuzzer"],
    ...["--continue-on-failure", "--no-shrink", "--request-timeout", "30", "--warnings", "off", "--suppress-health-check", "all"],
  ];
  const child = spawn(python, parameters, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } });
  let report = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      report += chunk.toString("utf8");
      say(chunk.toString("utf8"));
    });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, report };
}
