import { writeSync } from "node:fs";
import { openChainDatabase, sqliteLedger, sqliteRaftStore } from "@vermilion/local/sqlite/index";
import { stepOf } from "./chain.ts";
import { crashChain, crashProposal, crashState } from "./crash-chain.ts";

/**
 * Writes block after block until it is killed, and says on standard output what it has been answered, after the answer. Started again it
 * goes on through the same door: it publishes what is committed and takes the next height.
 */
const [file, limitText] = process.argv.slice(2);
if (file === undefined) throw new Error("usage: crash-writer <file> [heights]");
const limit = Number(limitText ?? Number.POSITIVE_INFINITY);
const database = openChainDatabase(file);
const [ledger, raftStore, chain] = [sqliteLedger(database), sqliteRaftStore(database), crashChain()];
const say = (what: string, height: number) => writeSync(1, `${what} ${height}\n`);

const head = (await ledger.head())?.height ?? -1;
for (let height = ((await ledger.published())?.height ?? -1) + 1; height <= head; height++)
  await ledger.publish(chain.at(height).publication);

for (let height = head + 1; height < head + 1 + limit; height++) {
  const made = chain.at(height);
  const place = `header/${height}`;
  const [, reserved] = await Promise.all([raftStore.addProposal(crashProposal(height)), raftStore.reserve(place, `block ${height}`)]);
  if (reserved !== `block ${height}`) throw new Error(`${place} is reserved for ${reserved}`);
  say("reserved", height);
  await ledger.saveBlock(made.block);
  say("saved", height);
  const { version } = await raftStore.load();
  if ((await raftStore.save(crashState(height), version)) !== "saved") throw new Error("stale");
  say("turn", height);
  if ((await ledger.moveHead(height === 0 ? null : made.block.previous, [stepOf(made)])) !== "moved") throw new Error("stale head");
  say("moved", height);
  await ledger.publish(made.publication);
  say("published", height);
  await raftStore.dropProposals([crashProposal(height).transactionHash]);
  await ledger.raiseFinal(made.block.after.size);
  say("final", height);
}
// Closing would bring the log into the data base; the log is what the tests are after.
process.kill(process.pid, "SIGKILL");
