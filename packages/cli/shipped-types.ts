import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type CertificateType, parseCertificateType } from "@vermilion/client/certificate-types";
import { isJsonObject, type JsonObject } from "@vermilion/client/reading";
import { readJson } from "./files.ts";
import { Failure } from "./output.ts";

const folder = fileURLToPath(new URL("../certificates/types/", import.meta.url));
const typeBytesMax = 256 * 1024;
const idForm = /^[a-z][a-z0-9-]{0,63}$/;

/** Ids of the types that come with Vermilion. */
export async function shippedTypeIds(): Promise<readonly string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith(".json") && !file.endsWith(".sample.json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();
}

/** A type by the id of a shipped one, or from a file; its JSON, not judged yet. */
export async function readType(idOrFile: string): Promise<JsonObject> {
  const isShipped = idForm.test(idOrFile) && (await shippedTypeIds()).includes(idOrFile);
  if (!isShipped && idForm.test(idOrFile)) {
    const ids = (await shippedTypeIds()).join(", ");
    throw new Failure(
      "unknown-type",
      { zh: `没有内置类型 ${idOrFile}；有：${ids}`, en: `no shipped type ${idOrFile}; there are ${ids}` },
      2,
    );
  }
  const type = await readJson(isShipped ? `${folder}${idOrFile}.json` : idOrFile, typeBytesMax);
  if (isJsonObject(type)) return type;
  throw new Failure("not-an-object", { zh: `${idOrFile} 应为JSON对象`, en: `${idOrFile} must hold a JSON object` }, 2);
}

/** A type that holds, or a failure that names the first of what is wrong. */
export async function readGoodType(idOrFile: string): Promise<CertificateType> {
  const type = parseCertificateType(await readType(idOrFile));
  if (!("refused" in type)) return type;
  const [first] = type.problems;
  const where = first === undefined ? "" : `${first.path}: `;
  throw new Failure(
    type.refused,
    {
      zh: `类型有误：${where}${first?.detail.zh ?? ""}；运行 vermilion type check`,
      en: `the type is wrong: ${where}${first?.detail.en ?? ""}; run vermilion type check`,
    },
    2,
  );
}

/** The type with other members in it: shipped types name those of the default consortium. Policies of readers that are not there go. */
export function withMembers(type: JsonObject, issuers: readonly string[], members: readonly string[]): JsonObject {
  const policies = Array.isArray(type["policies"]) ? type["policies"] : [];
  const known = (policy: JsonObject[string]) =>
    isJsonObject(policy) && typeof policy["reader"] === "string" && members.includes(policy["reader"]);
  return { ...type, ...(issuers.length === 0 ? {} : { issuers }), policies: policies.filter(known) };
}
