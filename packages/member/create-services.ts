import type { Driver } from "@vermilion/node/turns/driver";
import { decisively, freshly } from "@vermilion/node/turns/fresh";
import * as accounts from "./accounts/accounts.ts";
import { certificatesOfHolder } from "./accounts/certificates-of-holder.ts";
import { bulk } from "./certificates/bulk.ts";
import * as certificates from "./certificates/certificates.ts";
import * as changes from "./certificates/changes.ts";
import * as life from "./certificates/history.ts";
import * as search from "./certificates/search.ts";
import { createStatusLists } from "./certificates/status-lists.ts";
import * as consortium from "./consortium/consortium.ts";
import type { Context } from "./context.ts";
import * as evidence from "./evidence/evidence.ts";
import { createInnerTrees } from "./evidence/inner-trees.ts";
import * as entries from "./explorer/entries.ts";
import * as entrySearch from "./explorer/entry-search.ts";
import * as proofs from "./explorer/proofs.ts";
import * as files from "./files/files.ts";
import { grantedFile } from "./files/granted-files.ts";
import { lookup } from "./lookup/lookup.ts";
import * as fields from "./requests/fields.ts";
import * as requests from "./requests/requests.ts";
import type { Services } from "./services.ts";
import * as figures from "./statistics/statistics.ts";
import * as types from "./types/types.ts";
import * as verifications from "./verifications/verifications.ts";

/** The use cases of one member, bound to its context. */
export function createServices(context: Context, driver: Driver): Services {
  const statusLists = createStatusLists(context);
  const trees = createInnerTrees(context);
  return {
    health: () => consortium.health(context, driver),
    consortium: () => consortium.consortium(context),
    members: () => consortium.members(context),

    defineType: (...given) => types.defineType(context, driver, ...given),
    types: (...given) => types.types(context, ...given),
    type: (...given) => freshly(context, driver, () => types.type(context, ...given)),

    issue: (...given) => freshly(context, driver, () => certificates.issue(context, driver, ...given)),
    complete: (...given) => freshly(context, driver, () => certificates.complete(context, driver, ...given)),
    renew: (...given) => freshly(context, driver, () => changes.renew(context, driver, ...given)),
    correct: (...given) => freshly(context, driver, () => changes.correct(context, driver, ...given)),
    changeStatus: (...given) => freshly(context, driver, () => changes.changeStatus(context, driver, ...given)),
    receive: (...given) => freshly(context, driver, () => changes.receive(context, driver, ...given)),
    history: (...given) => freshly(context, driver, () => life.history(context, ...given)),
    certificateStatus: (...given) => decisively(context, driver, () => life.statusAt(context, ...given)),
    statusList: (...given) => statusLists.token(...given),
    certificate: (id) => freshly(context, driver, () => certificates.certificate(context, id)),
    certificates: (...given) => search.certificates(context, ...given),
    countCertificates: (filter) => search.countCertificates(context, filter),

    openRequest: (...given) => requests.openRequest(context, driver, ...given),
    request: (id) => freshly(context, driver, () => requests.request(context, id)),
    requests: (...given) => requests.requests(context, ...given),
    decide: (...given) => freshly(context, driver, () => requests.decide(context, driver, ...given)),
    readGranted: (...given) => freshly(context, driver, () => fields.readGranted(context, driver, ...given)),
    readOwn: (certificate, part, caller) => freshly(context, driver, () => fields.readOwn(context, certificate, part, caller)),
    trace: (...given) => freshly(context, driver, () => fields.trace(context, ...given)),

    registerAccount: (...given) => accounts.registerAccount(context, driver, ...given),
    account: (address) => freshly(context, driver, () => accounts.account(context, address)),
    verifyCertificate: (...given) => decisively(context, driver, () => verifications.verify(context, driver, ...given)),
    certificatesOfHolder: (...given) => freshly(context, driver, () => certificatesOfHolder(context, driver, ...given)),

    beginFile: (...given) => files.beginFile(context, ...given),
    sendChunk: (...given) => files.sendChunk(context, ...given),
    completeFile: (...given) => files.completeFile(context, driver, ...given),
    abandonFile: (...given) => files.abandonFile(context, ...given),
    file: (root) => freshly(context, driver, () => files.file(context, root)),
    ownFile: (...given) => freshly(context, driver, () => files.ownFile(context, ...given)),
    grantedFile: (...given) => freshly(context, driver, () => grantedFile(context, driver, ...given)),
    fileChunk: (token) => files.fileChunk(context, token),

    blockByHash: (hash) => entries.blockByHash(context, hash),
    entries: (...given) => entrySearch.entries(context, ...given),
    statistics: () => figures.statistics(context),
    blockFigures: (...given) => figures.blockFigures(context, ...given),
    actFigures: (...given) => figures.actFigures(context, ...given),
    bulk: (...given) => bulk(context, driver, ...given),
    deposit: (...given) => evidence.deposit(context, trees, driver, ...given),
    evidence: (id) => freshly(context, driver, () => evidence.evidence(context, id)),
    evidenceReceipt: (...given) => freshly(context, driver, () => evidence.evidenceReceipt(context, trees, driver, ...given)),

    block: (height) => entries.block(context, height),
    blocks: (...given) => entries.blocks(context, ...given),
    header: (height) => entries.header(context, height),
    entriesOfBlock: (height) => entries.entriesOfBlock(context, height),
    entry: (transactionHash) => freshly(context, driver, () => entries.entry(context, transactionHash)),
    attachment: (sha256) => freshly(context, driver, () => entries.attachment(context, sha256)),
    submission: (transactionHash) => freshly(context, driver, () => entries.submission(context, transactionHash)),

    checkpoint: () => proofs.checkpoint(context),
    cosignatures: () => proofs.cosignatures(context),
    policy: async () => context.policyText,
    tile: (...given) => proofs.tile(context, ...given),
    bundle: (...given) => proofs.bundle(context, ...given),
    inclusionProof: (...given) => proofs.inclusionProof(context, ...given),
    consistencyProof: (...given) => proofs.consistencyProof(context, ...given),
    receipt: (...given) => proofs.receipt(context, driver, ...given),
    lookup: (hash) => lookup(context, trees, hash),
  };
}
