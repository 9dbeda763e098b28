import { toHex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { isMemberId } from "./names.ts";
import { cosignatureKeyType, logKeyType, type NoteKeyType, parseVkey, type VerifierKey, verifierKey } from "./note.ts";

export type PolicyLog = { readonly key: VerifierKey; readonly url?: string };
export type PolicyWitness = { readonly name: string; readonly key: VerifierKey; readonly url?: string };
/** Reached when `threshold` of the members (witnesses or earlier groups) are. */
export type PolicyGroup = { readonly name: string; readonly threshold: number; readonly members: readonly string[] };

/** Whose checkpoints count, C2SP tlog-policy. `quorum` names a witness or a group, or is "none". */
export type Policy = {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly PolicyGroup[];
  readonly quorum: string;
};

export type PolicyCode = "malformed-policy";
export type PolicyRefusal = { readonly refused: PolicyCode; readonly detail: string };

export const policyLinesMax = 1_024;
/** The quorum that asks for no cosignature; no witness or group can have this name. */
export const noQuorum = "none";

/** n − ⌊(n − 1) / 3⌋: two such sets of n share more than a third, so no two conflicting receipts without that many corrupt members. */
export function defaultQuorum(members: number): number {
  return members - Math.floor((members - 1) / 3);
}

/** The policy of a chain: every member is a log and a witness, `quorum` of them make a checkpoint final. Public keys are raw Ed25519. */
export function memberPolicy(
  chain: {
    readonly consortiumName: string;
    readonly origin: string;
    readonly members: readonly { readonly id: string; readonly logKey: Uint8Array; readonly cosignKey: Uint8Array }[];
    readonly quorum: number;
  },
  crypto: Crypto,
): Policy {
  const { consortiumName, origin, members, quorum } = chain;
  if (!(quorum >= 1 && quorum <= members.length)) throw new Error(`bug: quorum ${quorum} of ${members.length}`);
  for (const { id } of members) if (!isMemberId(id)) throw new Error(`bug: no member id: ${id}`);
  return {
    logs: members.map(({ logKey }) => ({ key: verifierKey(origin, logKeyType, logKey, crypto) })),
    witnesses: members.map(({ id, cosignKey }) => ({
      name: id,
      key: verifierKey(`${consortiumName}/${id}`, cosignatureKeyType, cosignKey, crypto),
    })),
    groups: [{ name: "members", threshold: quorum, members: members.map(({ id }) => id) }],
    quorum: "members",
  };
}

/** The policy file; `parsePolicy` reads it back to the same policy. */
export function formatPolicy(policy: Policy): string {
  const url = (row: { readonly url?: string }) => (row.url === undefined ? "" : ` ${row.url}`);
  return [
    ...policy.logs.map((log) => `log ${log.key.vkey}${url(log)}\n`),
    ...policy.witnesses.map((witness) => `witness ${witness.name} ${witness.key.vkey}${url(witness)}\n`),
    ...policy.groups.map(({ name, threshold, members }) => `group ${name} ${threshold} ${members.join(" ")}\n`),
    `quorum ${policy.quorum}\n`,
  ].join("");
}

/** What `parsePolicy` has read so far. */
type Draft = { logs: PolicyLog[]; witnesses: PolicyWitness[]; groups: PolicyGroup[]; grouped: Set<string>; quorum: string | undefined };

/** C2SP tlog-policy "Policy file syntax and structure", keys of the types 0x01 for logs and 0x04 for witnesses only. */
export function parsePolicy(text: string, crypto: Crypto): Policy | PolicyRefusal {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the format allows tab and newline alone
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) return malformed("a control character other than tab and newline");
  const lines = text.split("\n");
  if (lines.length > policyLinesMax) return malformed(`more than ${policyLinesMax} lines`);
  const draft: Draft = { logs: [], witnesses: [], groups: [], grouped: new Set(), quorum: undefined };
  for (const [place, line] of lines.entries()) {
    const items = line.split(/[ \t]+/).filter((item) => item !== "");
    if (items.length === 0 || items[0]?.startsWith("#") === true) continue;
    const problem = readLine(draft, items, crypto);
    if (problem !== undefined) return malformed(`line ${place + 1}: ${problem}`);
  }
  const { logs, witnesses, groups, quorum } = draft;
  return quorum === undefined ? malformed("no quorum line") : { logs, witnesses, groups, quorum };
}

/** Takes one line into the draft; answers what is wrong with it. */
function readLine(draft: Draft, [keyword, ...items]: readonly string[], crypto: Crypto): string | undefined {
  switch (keyword) {
    case "log":
      return readLog(draft, items, crypto);
    case "witness":
      return readWitness(draft, items, crypto);
    case "group":
      return readGroup(draft, items);
    case "quorum":
      return readQuorum(draft, items);
    default:
      return `unknown keyword ${keyword}`;
  }
}

function readLog(draft: Draft, [vkey, url, ...surplus]: readonly string[], crypto: Crypto): string | undefined {
  const key = keyOfType(vkey, logKeyType, crypto);
  if (key === undefined || surplus.length > 0) return "expected: log <vkey of type 0x01> [<url>]";
  if (isDuplicate(key, draft.logs)) return "the same log key twice";
  draft.logs.push(url === undefined ? { key } : { key, url });
  return undefined;
}

function readWitness(draft: Draft, [name, vkey, url, ...surplus]: readonly string[], crypto: Crypto): string | undefined {
  const key = keyOfType(vkey, cosignatureKeyType, crypto);
  if (name === undefined || key === undefined || surplus.length > 0) return "expected: witness <name> <vkey of type 0x04> [<url>]";
  if (isTaken(draft, name)) return `the name ${name} is taken`;
  if (isDuplicate(key, draft.witnesses)) return "the same witness key twice";
  draft.witnesses.push(url === undefined ? { name, key } : { name, key, url });
  return undefined;
}

function readGroup(draft: Draft, [name, rule, ...members]: readonly string[]): string | undefined {
  if (name === undefined || rule === undefined || members.length === 0) return "expected: group <name> all|any|<k> <name>…";
  if (isTaken(draft, name)) return `the name ${name} is taken`;
  const threshold = rule === "all" ? members.length : rule === "any" ? 1 : /^[1-9][0-9]{0,8}$/.test(rule) ? Number(rule) : 0;
  if (threshold < 1 || threshold > members.length) return `the threshold ${rule} does not fit ${members.length} members`;
  for (const member of members) {
    if (!isDefined(draft, member)) return `${member} is not defined above`;
    if (draft.grouped.has(member)) return `${member} is a group member twice`;
    draft.grouped.add(member);
  }
  draft.groups.push({ name, threshold, members });
  return undefined;
}

function readQuorum(draft: Draft, [name, ...surplus]: readonly string[]): string | undefined {
  if (name === undefined || surplus.length > 0) return "expected: quorum <name>";
  if (draft.quorum !== undefined) return "a second quorum line";
  if (name !== noQuorum && !isDefined(draft, name)) return `${name} is not defined above`;
  draft.quorum = name;
  return undefined;
}

function keyOfType(vkey: string | undefined, type: NoteKeyType, crypto: Crypto): VerifierKey | undefined {
  const key = vkey === undefined ? undefined : parseVkey(vkey, crypto);
  return key?.type === type ? key : undefined;
}

function isDefined(draft: Draft, name: string): boolean {
  return draft.witnesses.some((row) => row.name === name) || draft.groups.some((row) => row.name === name);
}

function isTaken(draft: Draft, name: string): boolean {
  return name === noQuorum || isDefined(draft, name);
}

/** The same public key, or a (name, key ID) that a signature line could not tell apart. */
function isDuplicate(key: VerifierKey, rows: readonly { readonly key: VerifierKey }[]): boolean {
  return rows.some(
    (row) => toHex(row.key.publicKey) === toHex(key.publicKey) || (row.key.name === key.name && row.key.keyId === key.keyId),
  );
}

/** Whether the witnesses that cosigned, by their names in the policy, are a quorum. */
export function quorumReached(policy: Policy, cosigners: Iterable<string>): boolean {
  if (policy.quorum === noQuorum) return true;
  const reached = new Set(cosigners);
  for (const { name } of policy.groups) reached.delete(name);
  // Groups refer to what stands above them, so one pass in order is enough.
  for (const { name, threshold, members } of policy.groups) {
    if (members.filter((member) => reached.has(member)).length >= threshold) reached.add(name);
  }
  return reached.has(policy.quorum);
}

function malformed(detail: string): PolicyRefusal {
  return { refused: "malformed-policy", detail };
}
