import { damaged, frame, unframe } from "@vermilion/node/ports/framing";
import type { Proposal, RaftStore } from "@vermilion/node/ports/index";
import { checkHash, checkHeight, checkName, checkPrefix, checkProposal, checkValue } from "@vermilion/node/ports/limits";
import type { ChainDatabase } from "./database.ts";
import { bytesOf, bytesOfHex, hexOf, jsonOf, numberOf, type Row, textOf } from "./rows.ts";

type RaftState = Parameters<RaftStore["save"]>[0];

/** What a member must not forget as a Raft node, in the file of its chain; the contract is that of the port. */
export function sqliteRaftStore(database: ChainDatabase): RaftStore {
  return { ...raftState(database), ...reservations(database), ...proposals(database), ...setBack() };
}

/** Anybody may have put another file in this one's place while it was closed, and the file itself cannot tell. */
function setBack(): Pick<RaftStore, "isSetBack" | "noteOpened"> {
  let noted = false;
  return {
    isSetBack: async () => (noted ? "no" : "maybe"),
    noteOpened: async () => {
      noted = true;
    },
  };
}

function raftState(database: ChainDatabase): Pick<RaftStore, "load" | "save"> {
  const selectState = database.prepare("SELECT version, state FROM raft WHERE id = 1");
  const selectVersion = database.prepare("SELECT version FROM raft WHERE id = 1");
  const putState = database.prepare(
    "INSERT INTO raft (id, version, state) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state",
  );
  return {
    async load() {
      return database.read(() => {
        const row = selectState.get();
        return row === undefined
          ? { version: 0, state: undefined }
          : { version: numberOf(row, "version"), state: jsonOf<RaftState>(row, "state") };
      });
    },

    async save(state, expectedVersion) {
      checkHeight("version", expectedVersion);
      const text = JSON.stringify(state);
      checkValue("the Raft state", text);
      return await database.write(() => {
        const row = selectVersion.get();
        const version = row === undefined ? 0 : numberOf(row, "version");
        if (version !== expectedVersion) return "stale" as const;
        putState.run(expectedVersion + 1, text);
        return "saved" as const;
      });
    },
  };
}

function reservations(database: ChainDatabase): Pick<RaftStore, "reserve" | "highestReserved"> {
  const insertPlace = database.prepare("INSERT INTO reservations (place, what) VALUES (?, ?) ON CONFLICT (place) DO NOTHING");
  const selectPlace = database.prepare("SELECT what FROM reservations WHERE place = ?");
  // Places are ASCII without control characters, so that every place with a prefix is below the prefix with 0x7f behind it.
  const selectHighest = database.prepare(
    "SELECT place, what FROM reservations WHERE place >= ?1 AND place < ?1 || char(127) ORDER BY place DESC LIMIT 1",
  );
  return {
    async reserve(place, what) {
      checkName("place", place);
      checkValue("what is reserved", what);
      return await database.write(() => {
        insertPlace.run(place, what);
        const row = selectPlace.get(place);
        return row === undefined ? damaged("reservation", `${place} is missing`) : textOf(row, "what");
      });
    },

    async highestReserved(prefix) {
      checkPrefix(prefix);
      return database.read(() => {
        const row = selectHighest.get(prefix);
        return row === undefined ? undefined : { place: textOf(row, "place"), what: textOf(row, "what") };
      });
    },
  };
}

type ProposalStore = Pick<
  RaftStore,
  "addProposal" | "proposals" | "proposalCount" | "hasProposal" | "proposal" | "proposalById" | "dropProposals"
>;

function proposals(database: ChainDatabase): ProposalStore {
  const insertProposal = database.prepare(
    `INSERT INTO proposals (transaction_hash, author, entry_id, until, bytes, entry, attachment_names, attachments) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (transaction_hash) DO NOTHING`,
  );
  const selectOldest = database.prepare("SELECT * FROM proposals ORDER BY arrival LIMIT ?");
  const countAll = database.prepare("SELECT count(*) AS count FROM proposals");
  const hasOne = database.prepare("SELECT 1 FROM proposals WHERE transaction_hash = ?");
  const selectOne = database.prepare("SELECT * FROM proposals WHERE transaction_hash = ?");
  const selectById = database.prepare("SELECT transaction_hash FROM proposals WHERE author = ? AND entry_id = ? ORDER BY arrival LIMIT 1");
  const deleteOne = database.prepare("DELETE FROM proposals WHERE transaction_hash = ?");

  return {
    async addProposal(proposal) {
      checkProposal(proposal);
      const columns = proposalColumns(proposal);
      return await database.write(() => (insertProposal.run(...columns).changes > 0 ? ("added" as const) : ("known" as const)));
    },

    async proposals(countMax, bytesMax) {
      checkHeight("countMax", countMax);
      checkHeight("bytesMax", bytesMax);
      return database.read(() => {
        const found: Proposal[] = [];
        let bytes = 0;
        for (const row of selectOldest.iterate(countMax)) {
          bytes += numberOf(row, "bytes");
          if (bytes > bytesMax && found.length > 0) break;
          found.push(proposalOf(row));
        }
        return found;
      });
    },

    async proposalCount() {
      return database.read(() => numberOf(countAll.get() ?? {}, "count"));
    },

    async hasProposal(transactionHash) {
      checkHash(transactionHash);
      return database.read(() => hasOne.get(bytesOfHex(transactionHash)) !== undefined);
    },

    async proposal(transactionHash) {
      checkHash(transactionHash);
      return database.read(() => {
        const row = selectOne.get(bytesOfHex(transactionHash));
        return row === undefined ? undefined : proposalOf(row);
      });
    },

    async proposalById(author, id) {
      return database.read(() => {
        const row = selectById.get(author, id);
        return row === undefined ? undefined : hexOf(row, "transaction_hash");
      });
    },

    async dropProposals(transactionHashes) {
      for (const hash of transactionHashes) checkHash(hash);
      await database.write(() => {
        for (const hash of transactionHashes) deleteOne.run(bytesOfHex(hash));
      }, "ordered");
    },
  };
}

function proposalColumns({ transactionHash, author, id, entry, attachments, until }: Proposal): (string | number | Uint8Array)[] {
  const bytes = attachments.reduce((sum, attachment) => sum + attachment.bytes.length, entry.length);
  const names = JSON.stringify(attachments.map(({ sha256 }) => sha256));
  return [bytesOfHex(transactionHash), author, id, until, bytes, entry, names, frame(attachments.map((attachment) => attachment.bytes))];
}

function proposalOf(row: Row): Proposal {
  const names = jsonOf<string[]>(row, "attachment_names");
  const attachments = unframe(bytesOf(row, "attachments"), "attachments").map((bytes, place) => ({
    sha256: names[place] ?? damaged("attachment_names", "one is missing"),
    bytes,
  }));
  return {
    transactionHash: hexOf(row, "transaction_hash"),
    author: textOf(row, "author"),
    id: textOf(row, "entry_id"),
    entry: bytesOf(row, "entry"),
    attachments,
    until: numberOf(row, "until"),
  };
}
