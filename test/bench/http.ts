import { tokenSource } from "@vermilion/client/token";
import type { Cleanup } from "./cleanup.ts";
import { atRest, type BenchMember, cpuNow, startConsortium } from "./consortium.ts";
import { durability, type Figure, latencyOf, percent, round, type Settings, spreadOf } from "./figure.ts";
import type { MachineLimits } from "./limits.ts";
import { benchFields, benchTypeId } from "./material.ts";

/** Callers at one time, each with one call under way. */
const callers = 32;
const streams = 2;

/** The HTTP door: what agency apps get, certificates of 28 fields, one a call and many a call. */
export async function measureHttp(settings: Settings, limits: MachineLimits, cleanup: Cleanup): Promise<Figure> {
  settings.progress("HTTP: starting four members");
  const consortium = await startConsortium(settings, cleanup);
  const [issuer] = consortium.members;
  if (issuer === undefined) throw new Error("bug: a consortium without members");
  settings.progress("HTTP: warm-up");
  await oneACall(issuer, Math.min(2, settings.seconds));
  const single = [];
  for (let run = 1; run <= settings.runs; run++) {
    settings.progress(`HTTP: one a call, run ${run} of ${settings.runs}`);
    single.push(await oneACall(issuer, settings.seconds));
  }
  await atRest(consortium.members);
  const cpuBefore = cpuNow(consortium.members);
  const bulk: number[] = [];
  for (let run = 1; run <= settings.runs; run++) {
    settings.progress(`HTTP: bulk, run ${run} of ${settings.runs}`);
    bulk.push(await manyACall(issuer, settings.seconds, `${run}-${Date.now()}`));
  }
  const cpuAfter = cpuNow(consortium.members);
  await consortium.stop();
  const perS = spreadOf(single.map((run) => run.perS));
  const bulkPerS = spreadOf(bulk);
  const ratio = (bulkPerS.median * 2) / (limits.p256SignsPerS * settings.machine.cores);
  const rounded = ({ median, min, max }: { median: number; min: number; max: number }) => ({
    median: Math.round(median),
    min: Math.round(min),
    max: Math.round(max),
  });
  return {
    definition:
      `Four members as four processes on these cores; certificates of 28 fields are issued over HTTP on 127.0.0.1 at one of them: by ${callers} callers with one certificate a call, each waiting ` +
      `for its commit; and as NDJSON, ${streams} streams at a time. Token check, field checks, SD-JWT, encryption, entry, ordering and execution on all four are in it. ` +
      "Closed loop; the load comes from this process on the same machine.",
    signed: "An SD-JWT a certificate and an entry a call (ES256; in bulk an entry for some ten certificates), checked by all four.",
    store: "SQLite (node:sqlite), one file a member, all on one disk",
    durability,
    result: {
      oneACallPerS: rounded(perS),
      oneACallMs: latencyOf(single.flatMap((run) => run.times)),
      bulkPerS: rounded(bulkPerS),
      cpuSecondsOfMembersInBulk: cpuBefore === undefined || cpuAfter === undefined ? null : round(cpuAfter.members - cpuBefore.members, 1),
    },
    limit: {
      name: "P-256 signatures of this machine, both cores, two a certificate",
      value: limits.p256SignsPerS * settings.machine.cores,
      unit: "1/s",
    },
    ratio: round(ratio, 4),
    explanation: `In bulk ${percent(ratio)} of the signatures that both cores could make; four members and the caller share them, and each certificate is encrypted field by field and executed four times.`,
    targets: [],
  };
}

async function oneACall({ client }: BenchMember, seconds: number) {
  const until = performance.now() + seconds * 1_000;
  const times: number[] = [];
  const began = performance.now();
  const caller = async () => {
    while (performance.now() < until) {
      const sent = performance.now();
      await client.issueCertificate({ type: benchTypeId, fields: benchFields() });
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { perS: times.length / ((performance.now() - began) / 1_000), times };
}

/** Certificates a second, by streams of lines: each is answered in its place while the next ones still come. */
async function manyACall({ url, app }: BenchMember, seconds: number, name: string): Promise<number> {
  const tokens = tokenSource(app, { baseUrl: url, post: fetch, timeoutMs: 10_000, language: undefined });
  const until = performance.now() + seconds * 1_000;
  const began = performance.now();
  const encoder = new TextEncoder();
  const stream = async (who: number): Promise<number> => {
    let at = 0;
    const lines = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (performance.now() >= until) return controller.close();
        const line = { op: "issue", key: `bench-${name}-${who}-${at++}`, type: benchTypeId, fields: benchFields() };
        controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
      },
    });
    const headers = {
      authorization: `Bearer ${await tokens.token()}`,
      "vermilion-operator": "bench",
      "content-type": "application/x-ndjson",
    };
    const init: RequestInit & { readonly duplex: "half" } = { method: "POST", headers, body: lines, duplex: "half" };
    const answer = await fetch(`${url}/v1/certificates/bulk`, init);
    const statuses = [...(await answer.text()).matchAll(/"status":"([a-z-]+)"/g)].map(([, status]) => status);
    const bad = statuses.find((status) => status !== "committed");
    if (bad !== undefined || statuses.length !== at) throw new Error(`of ${at} lines ${statuses.length} were answered, one of them ${bad}`);
    return at;
  };
  const done = await Promise.all(Array.from({ length: streams }, (_, who) => stream(who)));
  return done.reduce((sum, count) => sum + count, 0) / ((performance.now() - began) / 1_000);
}
