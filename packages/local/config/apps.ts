import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { thumbprint } from "@vermilion/ledger";
import type { App } from "@vermilion/member/ports/index";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import { Cannot } from "../cannot.ts";
import { writeAtomically } from "../disk/atomic.ts";
import { checkConfig, configProblemText } from "./check.ts";
import { dataPaths } from "./paths.ts";
import type { AppConfig } from "./schemas.ts";

/** The public half of an app's key, as the member keeps it. */
export type AppKey = App["keys"][number];

/** A new ES256 key pair for an app: the private JWK for its file, the public key for its member. Made where it will be used. */
export function newAppKey(): { readonly privateJwk: AppConfig["jwk"]; readonly publicKey: AppKey } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y, d } = privateKey.export({ format: "jwk" });
  if (x === undefined || y === undefined || d === undefined) throw new Error("bug: an exported P-256 key has x, y and d");
  const jwk = { kty: "EC", crv: "P-256", x, y } as const;
  const kid = thumbprint(jwk, nativeCrypto);
  return { privateJwk: { ...jwk, kid, d }, publicKey: { kid, jwk: { ...jwk, kid } } };
}

/** Writes `apps/<member>-<app>.json`, readable by its owner alone, whole or not at all. */
export function writeAppFile(data: string, config: AppConfig): string {
  const paths = dataPaths(data);
  mkdirSync(paths.apps, { recursive: true, mode: 0o700 });
  const file = paths.app(config.member, config.app);
  writeAtomically(file, `${JSON.stringify(config, null, 2)}\n`, 0o600);
  return file;
}

/** Throws `Cannot` `unknown-app` or `config-invalid`. */
export function readAppFile(file: string): AppConfig {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Cannot(
      "unknown-app",
      `没有应用文件 ${file}；用 vermilion app add 建立`,
      `no app file ${file}; make one with \`vermilion app add\``,
      error,
    );
  }
  const checked = checkConfig(text, file, "app");
  if (checked.ok) return checked.config;
  const problems = checked.problems.map(configProblemText).join("\n");
  throw new Cannot("config-invalid", `应用文件有误：\n${problems}`, `the app file is wrong:\n${problems}`);
}

/** The app files of a consortium, in order of their names. */
export function listAppFiles(data: string): readonly string[] {
  const folder = dataPaths(data).apps;
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => join(folder, basename(name)));
  } catch {
    return [];
  }
}
