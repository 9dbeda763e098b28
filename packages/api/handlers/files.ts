import { fileChunkBytes } from "@vermilion/certificates";
import { memberRoutes } from "@vermilion/protocol";
import type { ApiContext } from "../context/http.ts";
import { answer } from "../doors/answers.ts";
import { callerOf, type MemberHandler } from "../doors/door.ts";
import { abandonBody, readBody, refuseContentType } from "../http/body.ts";
import { type ProblemInput, problem, refusedProblem } from "../http/problems.ts";
import { createRoom, type Room, type RoomLimits } from "../limits/room.ts";

/** Chunks that may be in memory at one time: those of one app on their way in, and those of one file on their way out. */
const roomIn: RoomLimits = { each: { calls: 4, bytes: 4 * fileChunkBytes }, together: { calls: 16, bytes: 16 * fileChunkBytes } };
const roomOut: RoomLimits = { each: { calls: 8, bytes: 8 * fileChunkBytes }, together: { calls: 32, bytes: 32 * fileChunkBytes } };
/** A chunk leaves in pieces of this length, so that no more of it waits in the socket of a slow reader. */
const pieceBytes = 256 * 1024;
/** A chunk must be taken within this time, as long as our own client waits for one: a reader who stands still must not keep others out. */
const readMsMax = 120_000;

/** One encrypted chunk on its way in. So many may be in memory for one app and for all; one more is told to come again. */
export function sendChunkHandler(): MemberHandler<"sendChunk"> {
  const room = createRoom(roomIn);
  return async ({ c, call, access, services }) => {
    const wrongType = refuseContentType(c, "bytes");
    if (wrongType !== undefined) return refuseUnread(c, wrongType);
    return inRoom(c, room, `app ${access.app}`, async () => {
      const bytes = await readBody(c, fileChunkBytes);
      if ("refused" in bytes) return problem(c, bytes);
      return answer(c, memberRoutes.sendChunk, await services.sendChunk({ ...call, bytes: bytes.value }, callerOf(access)));
    });
  };
}

/** A link of this member's API is its own permission: whoever holds it gets this one encrypted chunk, for a quarter of an hour. */
export function fileChunkHandler(): MemberHandler<"fileChunk"> {
  const room = createRoom(roomOut);
  return async ({ c, call, services }) => {
    // The token begins with the file: who reads one slowly takes no other file's room.
    const leave = room.enter(call.token.slice(0, 64), fileChunkBytes);
    if (leave === undefined) return problem(c, { refused: "files-busy" });
    try {
      const bytes = await services.fileChunk(call);
      if ("refused" in bytes) {
        leave();
        return refusedProblem(c, bytes);
      }
      // A page of another agency may fetch it: the link is the whole permission, and no cookie or token comes with it.
      const headers = { "Content-Type": "application/octet-stream", "Access-Control-Allow-Origin": "*" };
      return c.body(piecewise(bytes, leave), 200, { ...headers, "Content-Length": String(bytes.length) });
    } catch (error) {
      leave();
      throw error;
    }
  };
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

async function inRoom(c: ApiContext, room: Room, name: string, work: () => Promise<Response>): Promise<Response> {
  const leave = room.enter(name, fileChunkBytes);
  if (leave === undefined) return refuseUnread(c, { refused: "files-busy" });
  try {
    return await work();
  } finally {
    leave();
  }
}

function refuseUnread(c: ApiContext, refused: ProblemInput): Response {
  abandonBody(c);
  return problem(c, refused);
}
