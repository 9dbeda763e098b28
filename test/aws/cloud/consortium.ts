import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { CloudMember } from "./member.ts";

const ids = ["platform", "inspection", "customs", "tax"] as const;

/** Four members in four emulated accounts, and the folder that the party which founds them works in. */
export class CloudConsortium {
  readonly members: readonly CloudMember[];
  /** Statements, the founding, genesis, policy and the apps' credentials: the target of the demo. */
  readonly data: string;

  private constructor(members: readonly CloudMember[], data: string) {
    this.members = members;
    this.data = data;
  }

  static async start(folder: string, firstPort: number): Promise<CloudConsortium> {
    const data = join(folder, "data");
    mkdirSync(data, { recursive: true });
    const members = await Promise.all(
      ids.map((id, place) =>
        CloudMember.start({
          id,
          account: `${place + 1}`.repeat(12),
          doorPort: firstPort + place,
          folder: join(folder, id),
          stateFolder: join(folder, id, "state"),
          iam: true,
        }),
      ),
    );
    return new CloudConsortium(members, data);
  }

  member(id: string): CloudMember {
    const found = this.members.find((member) => member.id === id);
    if (found === undefined) throw new Error(`no member ${id}`);
    return found;
  }

  /** Two at a time: as many as the computer has processors for. */
  async eachOf<T>(work: (member: CloudMember) => Promise<T>): Promise<readonly T[]> {
    const done = new Map<string, T>();
    const left = [...this.members];
    const one = async (): Promise<void> => {
      for (let member = left.shift(); member !== undefined; member = left.shift()) done.set(member.id, await work(member));
    };
    await Promise.all([one(), one()]);
    return this.members.map(({ id }) => done.get(id) as T);
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.close()));
  }
}

/** Lets another process stop and start members: the hooks of the demo. */
export async function openSwitchboard(consortium: CloudConsortium): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server: Server = createServer(async (request, response) => {
    const [, act, id = ""] = (request.url ?? "").split("/");
    try {
      if (act === "stop") await consortium.member(id).stop();
      else await consortium.member(id).startAgain();
      response.end();
    } catch (error) {
      response.statusCode = 500;
      response.end(error instanceof Error ? error.message : "failed");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
