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
        files: join(home, "files"),
        database: join(home, "ledger.sqlite"),
        log: join(home, "member.log"),
        lock: join(home, "member.lock"),
      };
    },
  } as const;
}

export const controlSocket = "control.sock";
export const adminSocket = "admin.sock";
