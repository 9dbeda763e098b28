import { statSync } from "node:fs";
import { join } from "node:path";
import { Fault } from "@vermilion/node/fault";
import type { Keys } from "@vermilion/node/ports/index";
import { Cannot } from "../cannot.ts";
import type { MemberFileConfig } from "../config/schemas.ts";
import { type Lock, takeLock } from "../disk/lock.ts";
import { openKeyFiles } from "../keys/jwk-files.ts";
import type { Database } from "../sqlite/index.ts";

/** What must hold before a member can start, and what a person must do where it does not. */

export function openStorage<Opened extends Database>(open: (file: string) => Opened, file: string): Opened {
  try {
    return open(file);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (error.code === "storage-layout-newer") {
      throw new Cannot(
        "storage-layout-newer",
        `${file} 由更新版本的程序写成，请升级程序`,
        `${file} was written by a newer version; upgrade`,
        error,
      );
    }
    throw new Cannot("storage-unusable", `无法打开 ${file}：${error.detail}`, `${file} cannot be opened: ${error.detail}`, error);
  }
}

export function openKeys(folder: string): Keys {
  try {
    return openKeyFiles(folder);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Cannot("keys-unusable", `密钥不可用：${error.detail}`, `the keys cannot be used: ${error.detail}`, error);
  }
}

/** The folder that holds the keys must be its owner's alone, whoever may read a file inside is judged by `openKeyFiles`. */
export function assertKeysPrivate(folder: string): void {
  for (const path of [folder, ...["sign.jwk", "log.jwk", "cosign.jwk", "agree.jwk", "wrap.key"].map((name) => join(folder, name))]) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || (stat.mode & 0o077) === 0) continue;
    const wanted = stat.isDirectory() ? "700" : "600";
    throw new Cannot(
      "keys-readable-by-others",
      `${path} 可被其他用户读写；运行 chmod ${wanted} ${path}，并考虑谁可能读过它`,
      `${path} is open to others; run chmod ${wanted} ${path}, and think of who may have read it`,
    );
  }
}

/** The address that apps and peers sign for is in the genesis; serving another scheme would make every signature fail one by one. */
export function assertUrlFits(config: MemberFileConfig, withTls: boolean): void {
  const isHttps = config.url.startsWith("https:");
  if (isHttps && !withTls) {
    throw new Cannot(
      "tls-unusable",
      `${config.member} 的地址是 ${config.url}，须给出证书与私钥（--tls-cert、--tls-key）`,
      `the address of ${config.member} is ${config.url}: give a certificate and its key (--tls-cert, --tls-key)`,
    );
  }
  if (!isHttps && withTls) {
    throw new Cannot(
      "tls-unusable",
      `联盟成立时 ${config.member} 的地址是 ${config.url}（无 TLS）；要用 TLS，请以 --tls-cert、--tls-key 重新建立联盟`,
      `the consortium was founded with ${config.url} (no TLS) for ${config.member}; found one with --tls-cert and --tls-key to use TLS`,
    );
  }
}

/** The member's folder is this process's until it ends. */
export function lockMember(member: string, path: string): Lock {
  const lock = takeLock(path);
  if (lock !== undefined) return lock;
  throw new Cannot("already-running", `${member} 已在运行`, `${member} is running already`);
}
