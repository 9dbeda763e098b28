import {
  executeEntry,
  found,
  keysOf,
  limits,
  membershipIn,
  namesOf,
  newestRules,
  operationCall,
  StateView,
  stateKeys,
} from "@vermilion/contracts";
import type { Operation } from "@vermilion/ledger";
import type { Answer, EntryResult, Founding, LoadedRows, Membership, Rules } from "@vermilion/node/rules";

/** The contracts of this software as the rules of a chain: the one place where they meet its replica. */
export const chainRules: Rules = {
  entryAheadMsMax: limits.aheadMsMax,
  keysOf,
  namesOf,

  run: (state, block, entries, crypto) =>
    asked(state, (view) => {
      const results: EntryResult[] = [];
      for (const [index, entry] of entries.entries()) {
        const result = executeEntry(view, { ...block, index }, entry, crypto);
        // What misses a row is void, and all that miss one are to say so in one round.
        if ("outcome" in result) results.push(result);
        else if (!view.hasMisses) return { contract: result.contract, version: result.version };
      }
      return { results, writes: view.writes() };
    }),

  signingKeys: (state, thumbprints) =>
    asked(state, (view) => {
      const keys = thumbprints.map((thumbprint) => [thumbprint, view.get(stateKeys.key(thumbprint))?.jwk] as const);
      return new Map(keys.flatMap(([thumbprint, jwk]) => (jwk === undefined ? [] : [[thumbprint, jwk] as const])));
    }),

  usedEntryId: (state, author, id) => asked(state, (view) => view.get(stateKeys.used(author, id))?.transaction),

  membershipAt: (state, height) => asked(state, (view) => membershipOf(view, height)),

  found: ({ name, names, members, quorum }) =>
    operationCall("consortium.found", {
      name,
      names,
      members: members.map(({ id, names, uscc, url, keys }) => ({
        id,
        names,
        uscc,
        url,
        keys: { sign: keys.sign, log: keys.log, cosign: keys.cosign, agree: keys.agree },
      })),
      suites: { tree: "sha256", signing: "ES256", fields: "A256GCM-HKDF-SHA256" },
      quorum,
      contracts: newestRules(),
    }),
  foundingOf,
  rejoin: (member) => operationCall("consortium.rejoin", { member }),
};

/** Puts a question to a view of what was loaded; an answer counts only where nothing was missing. */
function asked<T>(state: LoadedRows, question: (view: StateView) => T): Answer<T> {
  const view = new StateView();
  for (const { request, rows } of state.ranges) view.loadRange(request, rows);
  for (const [key, value] of state.rows) view.load(key, value);
  const answer = question(view);
  return view.hasMisses ? { missing: view.misses } : { answer };
}

function membershipOf(view: StateView, height: number): Membership {
  const epoch = membershipIn(view, height);
  const next = view.get(stateKeys.epochs())?.find(({ from }) => from > height);
  return {
    from: epoch?.from ?? 0,
    ...(next === undefined ? {} : { until: next.from }),
    members: new Map(epoch?.members.map(({ id, uscc, url, keys }) => [id, { id, uscc, url, keys }])),
    quorum: epoch?.quorum ?? 0,
    policyText: epoch?.policy ?? "",
  };
}

function foundingOf({ contract, operation, arguments: given }: Operation): Founding | undefined {
  return contract === found.contract && operation === found.operation ? found.read(given) : undefined;
}
