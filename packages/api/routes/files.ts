import { z } from "@hono/zod-openapi";
import { fileChunkBytes } from "@vermilion/certificates";
import type { Refused } from "@vermilion/member/services";
import type { ApiContext } from "../context.ts";
import { answer, type Doors } from "../doors.ts";
import { byFile, fileChunks, filePlan, fileRow, fileUpload, fromChunk, grantedFile } from "../file-schemas.ts";
import { createPeerBodies, type PeerBodies, type Room } from "../peer-bodies.ts";
import { problem, refusedProblem } from "../problems.ts";
import { binary, fieldName, natural, requestId, sha256Hex } from "../schemas.ts";
import { abandonBody, readBody, refuseContentType } from "../wall.ts";
import { typeOfRequest } from "./requests.ts";

/** Chunks that may be in memory at one time: those of one app on their way in, and those of one file on their way out. */
const roomIn: Room = { each: { calls: 4, bytes: 4 * fileChunkBytes }, together: { calls: 16, bytes: 16 * fileChunkBytes } };
const roomOut: Room = { each: { calls: 8, bytes: 8 * fileChunkBytes }, together: { calls: 32, bytes: 32 * fileChunkBytes } };
/** A grant that is on its way is waited for so long. */
const grantWaitMs = 5_000;
/** A chunk leaves in pieces of this length, so that no more of it waits in the socket of a slow reader. */
const pieceBytes = 256 * 1024;
/** A chunk must be taken within this time, as long as our own client waits for one: a reader who stands still must not keep others out. */
const readMsMax = 120_000;

/** Files that stay off the chain (mission C6). Chunks are encrypted before they come here; no key of a file passes these routes but inside a granted field. */
export function fileRoutes(doors: Doors): void {
  uploadRoutes(doors);
  chunkRoute(doors, createPeerBodies(roomIn));
  completeRoute(doors);
  readRoutes(doors);
  grantedRoute(doors);
  linkRoute(doors, createPeerBodies(roomOut));
}

function uploadRoutes({ reading, needs: { services } }: Doors): void {
  reading(
    {
      method: "put",
      path: "/v1/files/{file}",
      topic: "files",
      summary: { zh: "开始或继续上传加密文件", en: "Begin the upload of an encrypted file, or go on with it" },
      description:
        "文件以其加密分块哈希之 RFC 9162 根命名。应答说明缺少哪些分块、各自送往何处；中断后以相同内容再次调用即可继续。" +
        "Named by the root over the hashes of its chunks. The answer says which chunks are missing and where each is sent; asked again, it says what is left.",
      scopes: ["files:write"],
      operator: true,
      params: byFile,
      body: filePlan,
      answers: { 200: { description: "上传状态 · how the upload stands", content: { "application/json": fileUpload } } },
      problems: [
        "file-too-large",
        "file-size-does-not-match",
        "file-root-does-not-match",
        "file-of-another-member",
        "too-many-uploads",
        "unknown-upload",
        "storage-full",
        "storage-read-only",
      ],
    },
    async ({ c, params, body, access: { app, operator } }) =>
      answer(c, fileUpload, await services.beginFile(params.file, body, { app, operator })),
  );
  reading(
    {
      method: "delete",
      path: "/v1/files/{file}",
      topic: "files",
      summary: { zh: "放弃上传", en: "Abandon an upload, or a file that never came onto the ledger" },
      scopes: ["files:write"],
      operator: true,
      params: byFile,
      answers: { 200: { description: "已删除 · gone", content: { "application/json": byFile } } },
      problems: ["unknown-upload", "file-exists", "file-being-registered", "storage-full", "storage-read-only"],
    },
    async ({ c, params, access: { app, operator } }) => answer(c, byFile, await services.abandonFile(params.file, { app, operator })),
  );
}

function chunkRoute({ reading, needs: { services } }: Doors, bodies: PeerBodies): void {
  reading(
    {
      method: "put",
      path: "/v1/files/{file}/chunks/{chunk}",
      topic: "files",
      summary: { zh: "上传一个加密分块", en: "Send one encrypted chunk" },
      scopes: ["files:write"],
      params: byFile.extend({ chunk: natural }),
      upload: true,
      answers: {
        200: { description: "已持久保存 · durable", content: { "application/json": z.object({ file: sha256Hex, chunk: z.int() }) } },
      },
      problems: [
        "unknown-upload",
        "unknown-chunk",
        "chunk-size-does-not-match",
        "chunk-does-not-match",
        "chunk-not-through-api",
        "files-busy",
        "storage-full",
        "storage-read-only",
      ],
    },
    async ({ c, params, access }) => {
      const wrongType = refuseContentType(c, "bytes");
      if (wrongType !== undefined) return refuseUnread(c, wrongType);
      return inRoom(c, bodies, `app ${access.app}`, async () => {
        const bytes = await readBody(c, fileChunkBytes);
        if ("refused" in bytes) return problem(c, bytes);
        return answer(c, z.unknown(), await services.sendChunk(params.file, params.chunk, bytes.value, { app: access.app }));
      });
    },
  );
}

function completeRoute({ writing, needs: { services } }: Doors): void {
  writing({
    method: "post",
    path: "/v1/files/{file}/complete",
    topic: "files",
    summary: { zh: "完成上传并登记文件", en: "Complete an upload and put the file on the ledger" },
    scopes: ["files:write"],
    params: byFile,
    body: z.strictObject({
      mediaType: z.string().min(1).max(127).openapi({ example: "application/pdf" }),
      plain: sha256Hex.openapi({
        description:
          "加密前文件的 SHA-256，供公开查询；由登记方陈述 · SHA-256 of the file before its encryption, for the public look-up; the registering agency's word",
      }),
    }),
    result: { file: sha256Hex },
    location: ({ file }) => `/v1/files/${file}`,
    problems: ["unknown-upload", "chunks-missing", "file-exists", "file-size-does-not-match", "file-name-not-usable"],
    run: ({ params, body, caller }, options) => services.completeFile(params.file, body, caller, options),
  });
}

function readRoutes({ reading, needs: { services } }: Doors): void {
  reading(
    {
      method: "get",
      path: "/v1/files/{file}",
      topic: "files",
      summary: { zh: "文件登记信息", en: "What the ledger says of a file" },
      scopes: ["files:read", "files:write"],
      params: byFile,
      answers: { 200: { description: "登记信息 · its row", content: { "application/json": fileRow } } },
      problems: ["unknown-file"],
    },
    async ({ c, params }) => answer(c, fileRow, await services.file(params.file)),
  );
  reading(
    {
      method: "get",
      path: "/v1/files/{file}/chunks",
      topic: "files",
      summary: { zh: "本成员文件的分块链接", en: "Hashes of this member's own file, and links to its chunks" },
      scopes: ["files:read"],
      operator: true,
      params: byFile,
      query: fromChunk,
      answers: { 200: { description: "分块 · chunks", content: { "application/json": fileChunks } } },
      problems: ["unknown-file", "unknown-chunk", "file-of-another-member", "file-not-here"],
    },
    async ({ c, params, query, access: { app, operator } }) =>
      answer(c, fileChunks, await services.ownFile(params.file, query.from ?? 0, { app, operator })),
  );
}

function grantedRoute({ reading, waits, needs: { services } }: Doors): void {
  reading(
    {
      method: "get",
      path: "/v1/requests/{request}/files/{field}",
      topic: "files",
      summary: { zh: "读取获准的文件", en: "Read a granted file" },
      description:
        "应答含该字段的值（含文件密钥）、与链上根一致的分块哈希，以及所有者给出的分块链接。解密之前应逐块核对哈希。" +
        "The field's value with the file's key, hashes that give the root on the ledger, and links of the owner. Check each chunk before it is opened.",
      scopes: ["fields:read"],
      typeOf: typeOfRequest(services),
      operator: true,
      params: z.object({ request: requestId, field: fieldName }),
      query: fromChunk,
      answers: { 200: { description: "文件 · the file", content: { "application/json": grantedFile } } },
      problems: [
        "unknown-request",
        "field-not-granted",
        "not-the-reader",
        "not-the-requesting-app",
        "request-pending",
        "request-refused",
        "request-expired",
        "grant-due",
        "wrong-grant",
        "attachment-not-here",
        "not-a-file-field",
        "unknown-file",
        "unknown-chunk",
        "file-of-another-member",
        "file-does-not-match",
        "file-answer-wrong",
        "peer-refused",
      ],
    },
    async ({ c, params, query, access: { app, operator } }) => {
      const read = (waitMs: number) => services.grantedFile(params.request, params.field, query.from ?? 0, { app, operator }, { waitMs });
      return answer(c, grantedFile, await waits.apps.during(grantWaitMs, read));
    },
  );
}

/** A link of this member's API is its own permission: whoever holds it gets this one encrypted chunk, for a quarter of an hour. */
function linkRoute({ publicly, needs: { services } }: Doors, bodies: PeerBodies): void {
  publicly(
    {
      method: "get",
      path: "/v1/file-chunks/{token}",
      topic: "files",
      summary: { zh: "按链接下载一个加密分块", en: "One encrypted chunk, by its link" },
      params: z.object({ token: z.string().max(160) }),
      answers: { 200: { description: "加密分块 · the encrypted chunk", content: { "application/octet-stream": binary } } },
      problems: ["file-link-invalid", "files-busy"],
    },
    async ({ c, params: { token } }) => {
      // The token begins with the file: who reads one slowly takes no other file's room.
      const leave = bodies.enter(token.slice(0, 64), fileChunkBytes);
      if (leave === undefined) return problem(c, { refused: "files-busy" });
      try {
        const bytes = await services.fileChunk(token);
        if ("refused" in bytes) return refusedLink(c, bytes, leave);
        // A page of another agency may fetch it: the link is the whole permission, and no cookie or token comes with it.
        const headers = { "Content-Type": "application/octet-stream", "Access-Control-Allow-Origin": "*" };
        return c.body(piecewise(bytes, leave), 200, { ...headers, "Content-Length": String(bytes.length) });
      } catch (error) {
        leave();
        throw error;
      }
    },
  );
}

function refusedLink(c: ApiContext, refused: Refused, leave: () => void): Response {
  leave();
  return refusedProblem(c, refused);
}

/** The bytes as their reader takes them; `done` once, when he has them all, has gone away, or has taken too long and is given no more. */
function piecewise(chunk: Uint8Array, done: () => void): ReadableStream<Uint8Array> {
  let left = chunk;
  let late: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    clearTimeout(late);
    done();
  };
  return new ReadableStream({
    start(controller) {
      late = setTimeout(() => {
        // Whoever still holds the stream holds no chunk any more, for its room is another's now.
        left = new Uint8Array();
        controller.error(new Error("the chunk was not taken in time"));
        end();
      }, readMsMax);
    },
    pull(controller) {
      controller.enqueue(left.slice(0, pieceBytes));
      left = left.subarray(pieceBytes);
      if (left.length > 0) return;
      controller.close();
      end();
    },
    cancel: end,
  });
}

/** So many chunks may be in memory for one caller and for all; one more is told to come again. */
async function inRoom(c: ApiContext, bodies: PeerBodies, name: string, work: () => Promise<Response>): Promise<Response> {
  const leave = bodies.enter(name, fileChunkBytes);
  if (leave === undefined) return refuseUnread(c, { refused: "files-busy" });
  try {
    return await work();
  } finally {
    leave();
  }
}

function refuseUnread(c: ApiContext, refused: Parameters<typeof problem>[1]): Response {
  abandonBody(c);
  return problem(c, refused);
}
