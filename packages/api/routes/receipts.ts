import { z } from "@hono/zod-openapi";
import { parseTilePath } from "@vermilion/ledger";
import { answer, type Doors } from "../doors.ts";
import { problem, refusedProblem } from "../problems.ts";
import { binary, natural, optional, receipt, sha256Hex, waitSeconds } from "../schemas.ts";

const note = z.string().openapi({ example: "vermilion.example/3f2a…\n42\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— …\n" });
const cosignatures = z.object({ size: z.int(), lines: z.record(z.string(), z.string()) });
const inclusion = z.object({ leafHash: z.string(), proof: z.array(z.string()), root: z.string() });
const consistency = z.object({ proof: z.array(z.string()) });
/** A full tile never changes; a partial one is what it is for its width, but it will be superseded. */
const forEver = "public, max-age=31536000, immutable";
const briefly = "public, max-age=5";

/** What anybody may take away to prove something with: C2SP tlog-checkpoint, tlog-tiles, tlog-proof, tlog-policy. */
export function receiptRoutes(doors: Doors): void {
  checkpointRoutes(doors);
  tileRoutes(doors);
  proofRoutes(doors);
  receiptRoute(doors);
}

function checkpointRoutes({ publicly, needs: { services } }: Doors): void {
  // The second path is that of C2SP tlog-tiles, whose prefix is /v1/log.
  for (const path of ["/v1/checkpoint", "/v1/log/checkpoint"]) {
    publicly(
      {
        method: "get",
        path,
        topic: "proofs",
        summary: { zh: "最新最终检查点", en: "The newest final checkpoint with its cosignatures" },
        answers: { 200: { description: "C2SP checkpoint", content: { "text/plain": note } } },
        problems: ["no-checkpoint"],
      },
      async ({ c }) => {
        const checkpoint = await services.checkpoint();
        if (typeof checkpoint !== "string") return refusedProblem(c, checkpoint);
        return c.text(checkpoint, 200, { "Cache-Control": briefly });
      },
    );
  }
  publicly(
    {
      method: "get",
      path: "/v1/cosignatures",
      topic: "proofs",
      summary: { zh: "检查点的见证签名", en: "Cosignature lines of the newest checkpoint, by member" },
      answers: { 200: { description: "见证签名 · cosignatures", content: { "application/json": cosignatures } } },
      problems: ["no-checkpoint"],
    },
    async ({ c }) => answer(c, cosignatures, await services.cosignatures()),
  );
  publicly(
    {
      method: "get",
      path: "/v1/policy",
      topic: "proofs",
      summary: { zh: "验证策略", en: "The policy that receipts are verified by" },
      answers: { 200: { description: "C2SP tlog-policy", content: { "text/plain": z.string() } } },
    },
    async ({ c }) => c.text(await services.policy(), 200, { "Cache-Control": "public, max-age=300" }),
  );
}

function tileRoutes({ publicly, needs: { services } }: Doors): void {
  publicly(
    {
      method: "get",
      path: "/v1/log/tile/{tile}",
      pattern: "/v1/log/tile/:tile{.+}",
      topic: "proofs",
      summary: { zh: "树块与叶记录包", en: "Hash tiles and bundles of leaf records" },
      description: "C2SP tlog-tiles: `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`, N as in `x001/x234/067`. The parameter holds slashes.",
      params: z.object({ tile: z.string().min(1).max(128).openapi({ example: "0/000.p/1" }) }),
      answers: {
        200: { description: "树块 · the tile", content: { "application/octet-stream": binary } },
      },
      problems: ["unknown-tile"],
    },
    async ({ c, params }) => {
      const tile = parseTilePath(`tile/${params.tile}`);
      if (tile === undefined) return problem(c, { refused: "unknown-tile" });
      const { level, index, width } = tile;
      const bytes = level === "entries" ? await services.bundle(index, width) : await services.tile(level, index, width);
      if ("refused" in bytes) return refusedProblem(c, bytes);
      return c.body(Uint8Array.from(bytes), 200, { "Content-Type": "application/octet-stream", "Cache-Control": forEver });
    },
  );
}

function proofRoutes({ publicly, needs: { services } }: Doors): void {
  publicly(
    {
      method: "get",
      path: "/v1/proofs/inclusion",
      topic: "proofs",
      summary: { zh: "包含证明", en: "Inclusion proof of a leaf in the tree of a size" },
      query: z.strictObject({ index: natural, size: natural }),
      answers: { 200: { description: "RFC 9162, section 2.1.3; hashes in hex", content: { "application/json": inclusion } } },
      problems: ["size-out-of-range"],
    },
    async ({ c, query }) => answer(c, inclusion, await services.inclusionProof(query.index, query.size)),
  );
  publicly(
    {
      method: "get",
      path: "/v1/proofs/consistency",
      topic: "proofs",
      summary: { zh: "一致性证明", en: "Consistency proof between the trees of two sizes" },
      query: z.strictObject({ old: natural, size: natural }),
      answers: { 200: { description: "RFC 9162, section 2.1.4; hashes in hex", content: { "application/json": consistency } } },
      problems: ["size-out-of-range"],
    },
    async ({ c, query }) => answer(c, consistency, await services.consistencyProof(query.old, query.size)),
  );
}

function receiptRoute({ publicly, waits, needs: { services } }: Doors): void {
  publicly(
    {
      method: "get",
      path: "/v1/receipts/{transactionHash}",
      topic: "proofs",
      summary: { zh: "回执", en: "The receipt of an entry" },
      description:
        "默认 text/plain（C2SP tlog-proof），Accept: application/json 得 JSON。wait 为等待最终确认的秒数，繁忙时不等待；响应头 Vermilion-Final 说明是否最终。" +
        "Plain tlog-proof by default. `wait` waits for finality, not while too many wait; the header `Vermilion-Final` says whether it is final.",
      params: z.object({ transactionHash: sha256Hex }),
      query: z.strictObject({ wait: optional(waitSeconds) }),
      answers: { 200: { description: "回执 · the receipt", content: { "text/plain": z.string(), "application/json": receipt } } },
      problems: ["unknown-transaction", "no-checkpoint"],
    },
    async ({ c, params, query }) => {
      const find = (waitMs: number) => services.receipt(params.transactionHash, { waitMs });
      const found = await waits.anonymous.during((query.wait ?? 0) * 1000, find);
      if ("refused" in found) return refusedProblem(c, found);
      c.header("Vermilion-Final", `${found.final}`);
      c.header("Cache-Control", found.final ? "public, max-age=3600" : "no-store");
      c.header("Vary", "Accept", { append: true });
      return wantsJson(c.req.header("accept")) ? answer(c, receipt, found) : c.text(found.receipt);
    },
  );
}

/** JSON is for who names it; a receipt is a text file for everybody else, browsers included. */
function wantsJson(accept: string | undefined): boolean {
  return (accept ?? "").split(",").some((range) => range.split(";")[0]?.trim().toLowerCase() === "application/json");
}
