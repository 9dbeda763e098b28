import * as accounts from "./accounts/accounts.ts";
import { certificatesOfHolder } from "./accounts/certificates-of-holder.ts";
import { bulk } from "./certificates/bulk.ts";
import * as certificates from "./certificates/certificates.ts";
import * as changes from "./certificates/changes.ts";
import * as life from "./certificates/history.ts";
import * as search from "./certificates/search.ts";
import { createStatusLists } from "./certificates/status-lists.ts";
import * as consortium from "./consortium/consortium.ts";
import type { Context, ReadingContext } from "./context.ts";
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
import type { PublicServices, Services } from "./services.ts";
import * as figures from "./statistics/statistics.ts";
import * as types from "./types/types.ts";
import * as verifications from "./verifications/verifications.ts";

/** The use cases that need no account and no key but the log's, bound to what is known of the chain. */
export function createPublicServices(context: ReadingContext, trees = createInnerTrees(context)): PublicServices {
  const { freshly, membershipAt } = context.node.read;
  return {
    health: () => consortium.health(context),
    consortium: () => consortium.consortium(context),
    members: async () => ({ items: await consortium.members(context) }),
    evidenceReceipt: ({ evidence: id, digest }, options) => freshly(() => evidence.evidenceReceipt(context, trees, id, digest, options)),
    checkpoint: () => proofs.checkpoint(context),
    logCheckpoint: () => proofs.checkpoint(context),
    cosignatures: () => proofs.cosignatures(context),
    policy: async () => (await membershipAt()).policyText,
    tile: ({ tile }) => proofs.tile(context, tile),
    inclusionProof: ({ index, size }) => proofs.inclusionProof(context, index, size),
    consistencyProof: ({ old, size }) => proofs.consistencyProof(context, old, size),
    receipt: ({ transactionHash }, options) => proofs.receipt(context, transactionHash, options),
    lookup: ({ hash }) => lookup(context, trees, hash),
    // Its links are another process's: where there is none, they are the platform's own.
    fileChunk: async () => ({ refused: "file-link-invalid", detail: "" }),
  };
}

/** The use cases of one member, bound to its context. */
export function createServices(context: Context): Services {
  const { freshly, decisively } = context.node.read;
  const statusLists = createStatusLists(context);
  const trees = createInnerTrees(context);
  return {
    ...createPublicServices(context, trees),

    defineType: ({ type }, ...by) => types.defineType(context, type, ...by),
    types: ({ cursor, limit }) => types.types(context, cursor, limit),
    type: ({ type, version }) => freshly(() => types.type(context, type, version)),

    issueCertificate: (...asked) => freshly(() => certificates.issue(context, ...asked)),
    completeCertificate: ({ certificate, ...input }, ...by) => freshly(() => certificates.complete(context, certificate, input, ...by)),
    bulkCertificates: (...asked) => bulk(context, ...asked),
    renewCertificate: ({ certificate, ...input }, ...by) => freshly(() => changes.renew(context, certificate, input, ...by)),
    correctCertificate: ({ certificate, ...input }, ...by) => freshly(() => changes.correct(context, certificate, input, ...by)),
    suspendCertificate: ({ certificate, ...input }, ...by) =>
      freshly(() => changes.changeStatus(context, "suspend", certificate, input, ...by)),
    resumeCertificate: ({ certificate, ...input }, ...by) =>
      freshly(() => changes.changeStatus(context, "resume", certificate, input, ...by)),
    revokeCertificate: ({ certificate, ...input }, ...by) =>
      freshly(() => changes.changeStatus(context, "revoke", certificate, input, ...by)),
    receiveCertificate: ({ certificate, ...input }, ...by) => freshly(() => changes.receive(context, certificate, input, ...by)),
    certificateHistory: ({ certificate, cursor, limit }) => freshly(() => life.history(context, certificate, cursor, limit)),
    certificateStatus: ({ certificate, asOf }) => decisively(() => life.statusAt(context, certificate, asOf)),
    certificateTrace: ({ certificate, cursor, limit }) => freshly(() => fields.trace(context, certificate, cursor, limit)),
    certificate: ({ certificate }) => freshly(() => certificates.certificate(context, certificate)),
    certificates: ({ cursor, limit, ...filter }) => search.certificates(context, filter, cursor, limit),
    countCertificates: (filter) => search.countCertificates(context, filter),
    ownFields: ({ certificate, part }, caller) => freshly(() => fields.readOwn(context, certificate, part, caller)),
    statusList: ({ issuer, list, time }) => statusLists.token(issuer, list, time === undefined ? undefined : time * 1_000),

    openRequest: (...asked) => requests.openRequest(context, ...asked),
    decideRequest: ({ request, ...input }, ...by) => freshly(() => requests.decide(context, request, input, ...by)),
    requests: ({ list, cursor, limit }) => requests.requests(context, list, cursor, limit),
    request: ({ request }) => freshly(() => requests.request(context, request)),
    grantedFields: ({ request }, ...by) => freshly(() => fields.readGranted(context, request, ...by)),

    registerAccount: (...asked) => accounts.registerAccount(context, ...asked),
    account: ({ address }) => freshly(() => accounts.account(context, address)),
    certificatesOfHolder: ({ address, block, transaction }, reader) =>
      freshly(() => certificatesOfHolder(context, address, block, transaction, reader)),
    verifyCertificate: (...asked) => decisively(() => verifications.verify(context, ...asked)),

    beginFile: ({ file, ...plan }, caller) => files.beginFile(context, file, plan, caller),
    sendChunk: ({ file, chunk, bytes }, caller) => files.sendChunk(context, file, chunk, bytes, caller),
    completeFile: ({ file, ...input }, ...by) => files.completeFile(context, file, input, ...by),
    abandonFile: ({ file }, caller) => files.abandonFile(context, file, caller),
    file: ({ file }) => freshly(() => files.file(context, file)),
    ownFile: ({ file, from }, caller) => freshly(() => files.ownFile(context, file, from, caller)),
    grantedFile: ({ request, field, from }, ...by) => freshly(() => grantedFile(context, request, field, from, ...by)),
    fileChunk: ({ token }) => files.fileChunk(context, token),

    depositEvidence: ({ digests }, ...by) => evidence.deposit(context, trees, digests, ...by),
    evidence: (call) => freshly(() => evidence.evidence(context, call.evidence)),

    blocks: ({ cursor, limit }) => entries.blocks(context, cursor, limit),
    blockByHash: ({ hash }) => entries.blockByHash(context, hash),
    block: ({ height }) => entries.block(context, height),
    header: ({ height }) => entries.header(context, height),
    entriesOfBlock: ({ height }) => entries.entriesOfBlock(context, height),
    entries: ({ cursor, limit, ...filter }) => entrySearch.entries(context, filter, cursor, limit),
    entry: ({ transactionHash }) => freshly(() => entries.entry(context, transactionHash)),
    attachment: ({ sha256 }) => freshly(() => entries.attachment(context, sha256)),
    submission: ({ transactionHash }) => freshly(() => entries.submission(context, transactionHash)),

    statistics: () => figures.statistics(context),
    blockFigures: (query) => figures.blockFigures(context, query),
    contributions: (query) => figures.actFigures(context, "contributions", query),
    uses: (query) => figures.actFigures(context, "uses", query),
  };
}
