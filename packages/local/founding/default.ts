import { checkUscc, type Names, organisationCheckCharacter, usccCheckCharacter } from "@vermilion/certificates";
import type { ConsortiumConfig, FounderConfig } from "../config/schemas.ts";

export const defaultFirstPort = 7301;
export const defaultName = "eport.example";

const knownNames: Readonly<Record<string, Names>> = {
  platform: { zh: "电子口岸公共平台", en: "Electronic Port Platform" },
  inspection: { zh: "检验检疫", en: "Inspection and Quarantine" },
  customs: { zh: "海关", en: "Customs" },
  tax: { zh: "税务", en: "Tax Authority" },
};
export const defaultMembers = ["platform", "inspection", "customs", "tax"] as const;

/**
 * A unified social credit code (GB 32100) with right check characters for the founder at place `at` (from 0): registration 1 1 (organ of
 * state), region 100000, and an organisation code of the MB range. For consortia tried out on one computer; real agencies give theirs.
 */
export function sampleUscc(at: number): string {
  const organisation = `MB${String(at + 1).padStart(6, "0")}`;
  const first17 = `11100000${organisation}${organisationCheckCharacter(organisation)}`;
  const uscc = `${first17}${usccCheckCharacter(first17)}`;
  if (checkUscc(uscc) !== undefined) throw new Error(`bug: the sample code of place ${at} is not valid`);
  return uscc;
}

/** The consortium of `ids` on ports from `firstPort` on. Ids that have no Chinese name here are their own name. */
export function consortiumOf(ids: readonly string[], options: { readonly name: string; readonly firstPort: number }): ConsortiumConfig {
  const members: FounderConfig[] = ids.map((id, at) => ({
    id,
    names: knownNames[id] ?? { zh: id, en: id },
    uscc: sampleUscc(at),
    port: options.firstPort + at,
  }));
  const names =
    options.name === defaultName
      ? { zh: "电子口岸电子证照联盟", en: "Electronic Port Consortium" }
      : { zh: options.name, en: options.name };
  return { version: 1, name: options.name, names, members };
}
