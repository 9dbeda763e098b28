import { existsSync, readdirSync } from "node:fs";
import { chainRules } from "@vermilion/member/rules";
import type { GenesisFile } from "@vermilion/node/context";
import { checkGenesis, type Genesis } from "@vermilion/node/founding/genesis";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import { Cannot } from "../cannot.ts";
import { type ChainPaths, dataPaths } from "./paths.ts";
import { readGenesis, readGenesisFile, readMemberConfig } from "./read.ts";

/** A chain that a member on this computer is on. */
export interface LocalChain {
  /** Chain id, hex. */
  readonly chain: string;
  readonly isMain: boolean;
  readonly genesis: GenesisFile;
  /** Ids of its members, in the order of the genesis. */
  readonly members: readonly string[];
  readonly policyText: string;
  readonly paths: ChainPaths;
}

/**
 * The chains of a member, the main one first: that of the consortium, and each whose genesis lies in the member's folder of chains. Throws
 * `Cannot` `not-founded`, `config-invalid` or `data-too-old`.
 */
export function chainsOf(data: string, member: string): readonly LocalChain[] {
  readMemberConfig(data, member);
  return chainsIn(data, member);
}

/** The same for a member whose configuration may not be here yet. Throws `Cannot` `not-founded`, `config-invalid` or `data-too-old`. */
export function chainsIn(data: string, member: string): readonly LocalChain[] {
  const paths = dataPaths(data).member(member);
  const main = localChain(data, member, readGenesis(data), dataPaths(data).genesis, true);
  const others = foldersIn(paths.chains)
    .filter((chain) => chain !== main.chain && existsSync(paths.chain(chain).genesis))
    .map((chain) => localChain(data, member, readGenesisFile(paths.chain(chain).genesis), paths.chain(chain).genesis, false));
  return [main, ...others];
}

/** One of them: `main`, or a chain id. Throws also `Cannot` `unknown-chain`. */
export function chainOf(data: string, member: string, name: string): LocalChain {
  const chains = chainsOf(data, member);
  const found = name === "main" ? chains[0] : chains.find(({ chain }) => chain === name);
  if (found !== undefined) return found;
  throw new Cannot("unknown-chain", `成员 ${member} 不在链 ${name} 上`, `${member} is on no chain ${name}`);
}

function localChain(data: string, member: string, genesis: GenesisFile, file: string, isMain: boolean): LocalChain {
  const { chain, membership } = checkedGenesis(genesis, file);
  const paths = dataPaths(data).member(member).chain(chain);
  return { chain, isMain, genesis, members: [...membership.members.keys()], policyText: membership.policyText, paths };
}

/** Throws `Cannot` `config-invalid` where the signatures of the founders do not hold. */
export function checkedGenesis(genesis: GenesisFile, file: string): Genesis {
  const checked = checkGenesis(genesis, nativeCrypto, chainRules);
  if (!("refused" in checked)) return checked;
  throw new Cannot("config-invalid", `${file} 有误：${checked.detail}`, `${file}: ${checked.detail}`);
}

function foldersIn(path: string): readonly string[] {
  return existsSync(path) ? readdirSync(path).toSorted() : [];
}
