import { formatOutcome } from "@vermilion/ledger";
import { damaged, frame, storedOutcome, unframe } from "@vermilion/node/ports/framing";
import type { Attachment, ExecutedBlock, Ledger, Standing, StateWrite } from "@vermilion/node/ports/index";
import {
  checkAttachment,
  checkBlock,
  checkCertificate,
  checkCount,
  checkHash,
  checkHeight,
  checkSteps,
  ensure,
  stateText,
  storageLimits,
} from "@vermilion/node/ports/limits";
import type { ChainDatabase } from "./database.ts";
import { bytesOf, jsonOf, numberOf, type Row, textOf } from "./rows.ts";

type Blocks = Pick<
  Ledger,
  | "saveBlock"
  | "readBlock"
  | "head"
  | "moveHead"
  | "saveCertificate"
  | "certificate"
  | "hashesFrom"
  | "attachment"
  | "saveSealed"
  | "sealed"
>;

/** Blocks under their hashes, the chain that says which hash stands at which height, and attachments. */
export function ledgerBlocks(database: ChainDatabase): Blocks {
  const attachments = attachmentsOf(database);
  return { ...storedBlocks(database, attachments), ...committedChain(database), ...commitCertificates(database), ...attachments.port };
}

/** Attachments of blocks, and apart from them those for an audience. */
function attachmentsOf(database: ChainDatabase) {
  const insertAttachment = database.prepare("INSERT INTO attachments (sha256, bytes) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING");
  const selectAttachment = database.prepare("SELECT bytes FROM attachments WHERE sha256 = ?");
  const insertSealed = database.prepare("INSERT INTO sealed (sha256, bytes) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING");
  const selectSealed = database.prepare("SELECT bytes FROM sealed WHERE sha256 = ?");

  function read(sha256: string): Uint8Array | undefined {
    const row = selectAttachment.get(sha256);
    return row === undefined ? undefined : bytesOf(row, "bytes");
  }
  const port: Pick<Blocks, "attachment" | "saveSealed" | "sealed"> = {
    async attachment(sha256) {
      checkHash(sha256);
      return database.read(() => read(sha256));
    },

    async saveSealed(attachment) {
      checkAttachment(attachment);
      await database.write(() => {
        insertSealed.run(attachment.sha256, attachment.bytes);
      });
    },

    async sealed(sha256) {
      checkHash(sha256);
      return database.read(() => {
        const row = selectSealed.get(sha256);
        return row === undefined ? undefined : bytesOf(row, "bytes");
      });
    },
  };
  return { port, read, save: ({ sha256, bytes }: Attachment) => insertAttachment.run(sha256, bytes) };
}

function storedBlocks(database: ChainDatabase, attachments: ReturnType<typeof attachmentsOf>): Pick<Blocks, "saveBlock" | "readBlock"> {
  const insertBlock = database.prepare(
    `INSERT INTO blocks (hash, term, previous, header, entries, outcomes, attachments, writes, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (hash) DO NOTHING`,
  );
  const selectBlock = database.prepare("SELECT * FROM blocks WHERE hash = ?");
  return {
    async saveBlock(block) {
      checkBlock(block);
      await database.write(() => {
        for (const attachment of block.attachments) attachments.save(attachment);
        insertBlock.run(...blockColumns(block));
      });
    },

    async readBlock(hash) {
      checkHash(hash);
      return database.read(() => {
        const row = selectBlock.get(hash);
        return row === undefined ? undefined : blockOf(row, attachments.read);
      });
    },
  };
}

function committedChain(database: ChainDatabase): Pick<Blocks, "head" | "moveHead" | "hashesFrom"> {
  const hasBlock = database.prepare("SELECT 1 FROM blocks WHERE hash = ?");
  const selectHead = database.prepare("SELECT height, hash FROM chain ORDER BY height DESC LIMIT 1");
  const insertStep = database.prepare("INSERT INTO chain (height, hash) VALUES (?, ?)");
  const selectHashes = database.prepare("SELECT hash FROM chain WHERE height >= ? ORDER BY height LIMIT ?");

  function head() {
    const row = selectHead.get();
    return row === undefined ? undefined : { height: numberOf(row, "height"), hash: textOf(row, "hash") };
  }

  return {
    async head() {
      return database.read(head);
    },

    async moveHead(expected, steps) {
      checkSteps(expected, steps);
      return await database.write(() => {
        const present = head();
        if ((present?.hash ?? null) !== expected) return "stale" as const;
        ensure(steps[0]?.height === (present?.height ?? -1) + 1, "the first step stands on the head");
        for (const { height, hash } of steps) {
          ensure(hasBlock.get(hash) !== undefined, `block ${hash} was not saved`);
          insertStep.run(height, hash);
        }
        return "moved" as const;
      });
    },

    async hashesFrom(from, limit) {
      checkHeight("from", from);
      checkCount("limit", limit, storageLimits.hashesMax);
      return database.read(() => selectHashes.all(from, limit).map((row) => textOf(row, "hash")));
    },
  };
}

function commitCertificates(database: ChainDatabase): Pick<Blocks, "saveCertificate" | "certificate"> {
  const insertCertificate = database.prepare(
    "INSERT INTO certificates (height, certificate) VALUES (?, ?) ON CONFLICT (height) DO NOTHING",
  );
  const selectCertificate = database.prepare("SELECT certificate FROM certificates WHERE height = ?");
  return {
    async saveCertificate(height, certificate) {
      checkCertificate(height, certificate);
      await database.write(() => insertCertificate.run(height, certificate));
    },

    async certificate(height) {
      checkHeight("height", height);
      return database.read(() => {
        const row = selectCertificate.get(height);
        return row === undefined ? undefined : bytesOf(row, "certificate");
      });
    },
  };
}

function blockColumns(block: ExecutedBlock): (string | number | Uint8Array)[] {
  return [
    block.after.hash,
    block.term,
    block.previous,
    block.header,
    frame(block.entries),
    JSON.stringify(block.outcomes.map(formatOutcome)),
    JSON.stringify(block.attachments.map(({ sha256 }) => sha256)),
    `[${block.writes.map(({ key, value }) => `[${JSON.stringify(key)},${stateText(key, value)}]`).join(",")}]`,
    JSON.stringify(block.after),
  ];
}

function blockOf(row: Row, readAttachment: (sha256: string) => Uint8Array | undefined): ExecutedBlock {
  const entries = unframe(bytesOf(row, "entries"), "entries");
  const outcomes = jsonOf<string[]>(row, "outcomes");
  if (outcomes.length !== entries.length) damaged("outcomes", `${outcomes.length} for ${entries.length} entries`);
  return {
    term: numberOf(row, "term"),
    previous: textOf(row, "previous"),
    header: bytesOf(row, "header"),
    entries,
    outcomes: outcomes.map((text) => storedOutcome(text, "outcomes")),
    attachments: jsonOf<string[]>(row, "attachments").map((sha256) => ({
      sha256,
      bytes: readAttachment(sha256) ?? damaged("attachments", `${sha256} is missing`),
    })),
    writes: jsonOf<[string, StateWrite["value"]][]>(row, "writes").map(([key, value]) => ({ key, value })),
    after: jsonOf<Standing>(row, "after"),
  };
}
