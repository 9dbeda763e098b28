import { join, resolve } from "node:path";

/** Where everything of a consortium on this computer is. */
export function dataPaths(data: string) {
  const folder = resolve(data);
  return {
    folder,
    consortium: join(folder, "consortium.json"),
    genesis: join(folder, "genesis.json"),
    policy: join(folder, "policy.txt"),
    apps: join(folder, "apps"),
    app: (member: string, app: string) => join(folder, "apps", `${member}-${app}.json`),
    compileCache: join(folder, "cache"),
    supervisorLock: join(folder, "supervisor.lock"),
    member: (member: string) => {
      const home = join(folder, "members", member);
      return {
        home,
        config: join(home, "config.json"),
        keys: join(home, "keys"),
        /** What is the member's own: its apps, its memory of calls. */
        database: join(home, "member.sqlite"),
        chains: join(home, "chains"),
        chain: (chain: string) => chainPaths(join(home, "chains", chain)),
        log: join(home, "member.log"),
        lock: join(home, "member.lock"),
      };
    },
  } as const;
}

/** What a member has of one chain. The genesis of the main chain lies in the folder of the consortium, that of a further one here. */
function chainPaths(home: string) {
  return {
    home,
    genesis: join(home, "genesis.json"),
    policy: join(home, "policy.txt"),
    database: join(home, "ledger.sqlite"),
    files: join(home, "files"),
  } as const;
}

export type MemberPaths = ReturnType<ReturnType<typeof dataPaths>["member"]>;
export type ChainPaths = ReturnType<typeof chainPaths>;

export const controlSocket = "control.sock";
export const adminSocket = "admin.sock";
