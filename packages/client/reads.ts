import type {
  Account,
  Certificate,
  CertificateFilter,
  CertificateItem,
  CertificateStatusAnswer,
  CertificateType,
  Disclosed,
  HeldCertificate,
  LifeStep,
  Page,
  Request,
  Trace,
} from "./answers.ts";
import { getters, pageQuery, part } from "./getters.ts";
import { each, type PageOptions } from "./pages.ts";
import type { CallOptions, Transport } from "./transport.ts";

/** What can be read of types, certificates, requests and accounts, signed in. Each throws `ClientProblem`. */
export function recordReads(transport: Transport) {
  const { own } = getters(transport);
  return {
    type: (id: string, version?: number, options?: CallOptions) => own<CertificateType>(`/v1/types/${part(id)}`, { version }, options),
    types: (page?: PageOptions) => own<Page<CertificateType>>("/v1/types", pageQuery(page), page),
    eachType: (page?: PageOptions) => each((cursor) => own<Page<CertificateType>>("/v1/types", pageQuery({ ...page, ...cursor }), page)),

    certificate: (certificate: string, options?: CallOptions) => own<Certificate>(`/v1/certificates/${part(certificate)}`, {}, options),
    certificates: (filter?: CertificateFilter, page?: PageOptions) =>
      own<Page<CertificateItem>>("/v1/certificates", { ...filter, ...pageQuery(page) }, page),
    eachCertificate: (filter?: CertificateFilter, page?: PageOptions) =>
      each((cursor) => own<Page<CertificateItem>>("/v1/certificates", { ...filter, ...pageQuery({ ...page, ...cursor }) }, page)),
    /** Exact by type and issuer; other questions are counted to a thousand, then `atLeast`. */
    countCertificates: (filter?: CertificateFilter, options?: CallOptions) =>
      own<{ readonly count: number; readonly atLeast: boolean }>("/v1/certificates/count", { ...filter }, options),
    history: (certificate: string, page?: PageOptions) =>
      own<Page<LifeStep>>(`/v1/certificates/${part(certificate)}/history`, pageQuery(page), page),
    eachStep: (certificate: string, page?: PageOptions) =>
      each((cursor) => own<Page<LifeStep>>(`/v1/certificates/${part(certificate)}/history`, pageQuery({ ...page, ...cursor }), page)),
    /** Now, or as it was at a time past (ms since 1970). */
    certificateStatus: (certificate: string, asOf?: number, options?: CallOptions) =>
      own<CertificateStatusAnswer>(`/v1/certificates/${part(certificate)}/status`, { asOf }, options),
    /** This member's own fields of a record. */
    readOwn: (certificate: string, partId: string, options?: CallOptions) =>
      own<Disclosed>(`/v1/certificates/${part(certificate)}/fields`, { part: partId }, options),
    trace: (certificate: string, page?: PageOptions) =>
      own<Page<Trace>>(`/v1/certificates/${part(certificate)}/trace`, pageQuery(page), page),
    eachTrace: (certificate: string, page?: PageOptions) =>
      each((cursor) => own<Page<Trace>>(`/v1/certificates/${part(certificate)}/trace`, pageQuery({ ...page, ...cursor }), page)),
    /** Certificates by their holder's address, block number and transaction hash (C4), with the fields that the app may read. */
    certificatesOfHolder: async (holder: string, blockNumber: number, transactionHash: string, options?: CallOptions) =>
      (
        await own<{ readonly items: readonly HeldCertificate[] }>(
          `/v1/holders/${part(holder)}/certificates`,
          { block: blockNumber, transaction: transactionHash },
          options,
        )
      ).items,

    request: (request: string, options?: CallOptions) => own<Request>(`/v1/requests/${part(request)}`, {}, options),
    requests: (filter: "mine" | "to-decide", page?: PageOptions) =>
      own<Page<Request>>("/v1/requests", { list: filter, ...pageQuery(page) }, page),
    eachRequest: (filter: "mine" | "to-decide", page?: PageOptions) =>
      each((cursor) => own<Page<Request>>("/v1/requests", { list: filter, ...pageQuery({ ...page, ...cursor }) }, page)),
    /** The fields that were granted; waits up to `waitS` seconds for the owner's member to hand over a standing grant. */
    readGranted: (request: string, waitS = 5, options?: CallOptions) =>
      own<Disclosed>(`/v1/requests/${part(request)}/fields`, { wait: waitS }, options),

    account: (address: string, options?: CallOptions) => own<Account>(`/v1/accounts/${part(address)}`, {}, options),
  };
}
