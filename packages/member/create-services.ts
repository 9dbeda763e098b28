import type { Driver } from "@vermilion/node/driver/driver";
import { decisively, freshly } from "@vermilion/node/freshness";
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
import * as entries from "./explorer/entries.ts";
import * as entrySearch from "./explorer/entry-search.ts";
import * as proofs from "./explorer/proofs.ts";
import * as files from "./files/files.ts";
import { grantedFile } from "./files/granted-files.ts";
import * as fields from "./requests/fields.ts";
import * as requests from "./requests/requests.ts";
import type { Services } from "./services.ts";
import * as figures from "./statistics/statistics.ts";
import * as types from "./types/types.ts";
import * as verifications from "./verifications/verifications.ts";

/** The use cases of one member, bound to its context. */
export function createServices(context: Context, driver: Driver): Services {
  const statusLists = createStatusLists(context);
  return {
    health: () => consortium.health(context, driver),
    consortium: () => consortium.consortium(context),
    members: async () => ({ items: await consortium.members(context) }),

    defineType: ({ type }, ...by) => types.defineType(context, driver, type, ...by),
    types: ({ cursor, limit }) => types.types(context, cursor, limit),
    type: ({ type, version }) => freshly(context, driver, () => types.type(context, type, version)),

    issueCertificate: (...asked) => freshly(context, driver, () => certificates.issue(context, driver, ...asked)),
    completeCertificate: ({ certificate, ...input }, ...by) =>
      freshly(context, driver, () => certificates.complete(context, driver, certificate, input, ...by)),
    bulkCertificates: (...asked) => bulk(context, driver, ...asked),
    renewCertificate: ({ certificate, ...input }, ...by) =>
      freshly(context, driver, () => changes.renew(context, driver, certificate, input, ...by)),
    correctCertificate: ({ certificate, ...input }, ...by) =>
      freshly(context, driver, () => changes.correct(context, driver, certificate, input, ...by)),
    suspendCertificate: ({ certificate, ...input }, ...by) =>
      freshly(context, driver, () => changes.changeStatus(context, driver, "suspend", certificate, input, ...by)),
    resumeCertificate: ({ certificate, ...input }, ...by) =>
      freshly(context, driver, () => changes.changeStatus(context, driver, "resume", certificate, input, ...by)),
    revokeCertificate: ({ certificate, ...input }, ...by) =>
      freshly(context, driver, () => changes.changeStatus(context, driver, "revoke", certificate, input, ...by)),
    receiveCertificate: ({ certificate, ...input }, ...by) =>
      freshly(context, driver, () => changes.receive(context, driver, certificate, input, ...by)),
    certificateHistory: ({ certificate, cursor, limit }) =>
      freshly(context, driver, () => life.history(context, certificate, cursor, limit)),
    certificateStatus: ({ certificate, asOf }) => decisively(context, driver, () => life.statusAt(context, certificate, asOf)),
    certificateTrace: ({ certificate, cursor, limit }) => freshly(context, driver, () => fields.trace(context, certificate, cursor, limit)),
    certificate: ({ certificate }) => freshly(context, driver, () => certificates.certificate(context, certificate)),
    certificates: ({ cursor, limit, ...filter }) => search.certificates(context, filter, cursor, limit),
    countCertificates: (filter) => search.countCertificates(context, filter),
    ownFields: ({ certificate, part }, caller) => freshly(context, driver, () => fields.readOwn(context, certificate, part, caller)),
    statusList: ({ issuer, list, time }) => statusLists.token(issuer, list, time === undefined ? undefined : time * 1_000),

    openRequest: (...asked) => requests.openRequest(context, driver, ...asked),
    decideRequest: ({ request, ...input }, ...by) =>
      freshly(context, driver, () => requests.decide(context, driver, request, input, ...by)),
    requests: ({ list, cursor, limit }) => requests.requests(context, list, cursor, limit),
    request: ({ request }) => freshly(context, driver, () => requests.request(context, request)),
    grantedFields: ({ request }, ...by) => freshly(context, driver, () => fields.readGranted(context, driver, request, ...by)),

    registerAccount: (...asked) => accounts.registerAccount(context, driver, ...asked),
    account: ({ address }) => freshly(context, driver, () => accounts.account(context, address)),
    certificatesOfHolder: ({ address, block, transaction }, reader) =>
      freshly(context, driver, () => certificatesOfHolder(context, driver, address, block, transaction, reader)),
    verifyCertificate: (...asked) => decisively(context, driver, () => verifications.verify(context, driver, ...asked)),

    beginFile: ({ file, ...plan }, caller) => files.beginFile(context, file, plan, caller),
    sendChunk: ({ file, chunk, bytes }, caller) => files.sendChunk(context, file, chunk, bytes, caller),
    completeFile: ({ file, ...input }, ...by) => files.completeFile(context, driver, file, input, ...by),
    abandonFile: ({ file }, caller) => files.abandonFile(context, file, caller),
    file: ({ file }) => freshly(context, driver, () => files.file(context, file)),
    ownFile: ({ file, from }, caller) => freshly(context, driver, () => files.ownFile(context, file, from, caller)),
    grantedFile: ({ request, field, from }, ...by) =>
      freshly(context, driver, () => grantedFile(context, driver, request, field, from, ...by)),
    fileChunk: ({ token }) => files.fileChunk(context, token),

    depositEvidence: ({ digests }, ...by) => evidence.deposit(context, driver, digests, ...by),
    evidence: (call) => freshly(context, driver, () => evidence.evidence(context, call.evidence)),
    evidenceReceipt: ({ evidence: id, digest }, options) =>
      freshly(context, driver, () => evidence.evidenceReceipt(context, driver, id, digest, options)),

    blocks: ({ cursor, limit }) => entries.blocks(context, cursor, limit),
    blockByHash: ({ hash }) => entries.blockByHash(context, hash),
    block: ({ height }) => entries.block(context, height),
    header: ({ height }) => entries.header(context, height),
    entriesOfBlock: ({ height }) => entries.entriesOfBlock(context, height),
    entries: ({ cursor, limit, ...filter }) => entrySearch.entries(context, filter, cursor, limit),
    entry: ({ transactionHash }) => freshly(context, driver, () => entries.entry(context, transactionHash)),
    attachment: ({ sha256 }) => freshly(context, driver, () => entries.attachment(context, sha256)),
    submission: ({ transactionHash }) => freshly(context, driver, () => entries.submission(context, transactionHash)),

    statistics: () => figures.statistics(context),
    blockFigures: (query) => figures.blockFigures(context, query),
    contributions: (query) => figures.actFigures(context, "contributions", query),
    uses: (query) => figures.actFigures(context, "uses", query),

    checkpoint: () => proofs.checkpoint(context),
    logCheckpoint: () => proofs.checkpoint(context),
    cosignatures: () => proofs.cosignatures(context),
    policy: async () => context.policyText,
    tile: ({ tile }) => proofs.tile(context, tile),
    inclusionProof: ({ index, size }) => proofs.inclusionProof(context, index, size),
    consistencyProof: ({ old, size }) => proofs.consistencyProof(context, old, size),
    receipt: ({ transactionHash }, options) => proofs.receipt(context, driver, transactionHash, options),
    lookup: ({ hash }) => proofs.lookup(context, hash),
  };
}
