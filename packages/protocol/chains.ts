import * as z from "zod";

/** Alias of the chain that holds identity, types and governance; its routes stand at the short paths as well. */
export const mainChain = "main";
/** A chain in a path: its id, or the alias. */
export const chainForm = z
  .string()
  .regex(/^(?:main|[0-9a-f]{64})$/)
  .meta({ description: "链标识，或 main（主链）· id of a chain, or `main`", examples: [mainChain] });

const prefix = "/v1/";

/** The path at which a route of a chain answers for any chain: `/v1/types` stands at `/v1/chains/{chain}/types` too. */
export function chainPathOf(path: string): string {
  return `/v1/chains/{chain}/${path.slice(prefix.length)}`;
}

/** A path of the main chain as it is for `chain`; that of the main chain stays short. */
export function onChain(path: string, chain: string): string {
  return chain === mainChain ? path : chainPathOf(path).replace("{chain}", chain);
}
