import { withoutRoot } from "@vermilion/certificates";
import { type Crypto, toHex, utf8 } from "@vermilion/ledger";
import type {
  AccountRow,
  CertificateListRow,
  CertificateRow,
  CertificateStatus,
  CertificateTotalsRow,
  ConsortiumRow,
  DayRow,
  DigestRow,
  EvidenceRow,
  FileRow,
  GrantRow,
  KeyRow,
  LifeRow,
  MarkRow,
  MemberRow,
  PartRow,
  QuotaRow,
  RequestListRow,
  RequestRow,
  RulesRow,
  StatusChangeRow,
  StatusListRow,
  TraceRow,
  TypeCodeRow,
  TypeLatestRow,
  TypeRow,
  UsedRow,
} from "./rows.ts";

declare const rowOf: unique symbol;

/** A state key that knows the type of its row. ASCII without blanks, at most 512 characters; `/` separates. */
export type StateKey<Row> = string & { readonly [rowOf]?: Row };

/** Where an operation stands on the chain: block height, place of its entry in the block, place of the operation in the entry. */
export interface Place {
  readonly height: number;
  readonly index: number;
  readonly operation: number;
}

const HEIGHT_DIGITS = 12;
const STATUS_LIST_DIGITS = 6;
const STATUS_INDEX_DIGITS = 7;

/** Zero padded, so that byte order is numeric order. */
function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

/** A place as the end of a key: in byte order, places stand in the order of the chain. */
export function placeKey(place: Place): string {
  return `${padded(place.height, HEIGHT_DIGITS)}/${padded(place.index, 5)}/${padded(place.operation, 2)}`;
}

/** The first place of a block, to begin or to end a range of places with. */
export function placesFrom(height: number): string {
  return `${padded(height, HEIGHT_DIGITS)}/`;
}

/** One function a kind of row. Certificates are named by their whole identifier or without its root; keys hold it without. */
export const stateKeys = {
  consortium: (): StateKey<ConsortiumRow> => "consortium",
  member: (id: string): StateKey<MemberRow> => `member/${id}`,
  key: (thumbprint: string): StateKey<KeyRow> => `key/${thumbprint}`,
  rules: (contract: string): StateKey<RulesRow> => `rules/${contract}`,
  used: (author: string, id: string): StateKey<UsedRow> => `used/${author}/${id}`,
  quota: (author: string): StateKey<QuotaRow> => `quota/${author}`,
  type: (id: string, version: number): StateKey<TypeRow> => `type/${id}/${padded(version, 6)}`,
  typeLatest: (id: string): StateKey<TypeLatestRow> => `type-latest/${id}`,
  typeCode: (code: string): StateKey<TypeCodeRow> => `type-code/${code}`,
  certificate: (identifier: string): StateKey<CertificateRow> => `certificate/${withoutRoot(identifier)}`,
  digest: (sha256: string): StateKey<DigestRow> => `digest/${sha256}`,
  certificateInList: (place: Place): StateKey<CertificateListRow> => `list-certificate/${placeKey(place)}`,
  certificateInTypeList: (type: string, place: Place): StateKey<CertificateListRow> => `list-certificate-type/${type}/${placeKey(place)}`,
  certificateInHolderList: (address: string, place: Place): StateKey<CertificateListRow> =>
    `list-certificate-holder/${address}/${placeKey(place)}`,
  certificateInIssuerList: (issuer: string, listed: string): StateKey<CertificateListRow> => `list-certificate-issuer/${issuer}/${listed}`,
  /** Of statuses that are not `valid`; `listed` is the place of the certificate in every list, not that of the change. */
  certificateInStatusList: (status: CertificateStatus, listed: string): StateKey<CertificateListRow> =>
    `list-certificate-status/${status}/${listed}`,
  /** Certificates that still wait for a part (录入). */
  certificateAwaiting: (type: string, part: string, listed: string): StateKey<CertificateListRow> =>
    `list-certificate-awaiting/${type}/${part}/${listed}`,
  life: (identifier: string, place: Place): StateKey<LifeRow> => `life/${withoutRoot(identifier)}/${placeKey(place)}`,
  /** The part as it was under a document that a correction has replaced. */
  formerPart: (issuerSigned: string): StateKey<PartRow> => `former-part/${issuerSigned}`,
  statusList: (owner: string): StateKey<StatusListRow> => `status-list/${owner}`,
  statusIndex: (owner: string, list: number, index: number): StateKey<CertificateListRow> =>
    `status-index/${owner}/${padded(list, STATUS_LIST_DIGITS)}/${padded(index, STATUS_INDEX_DIGITS)}`,
  statusChange: (owner: string, list: number, place: Place, index: number): StateKey<StatusChangeRow> =>
    `status-change/${owner}/${padded(list, STATUS_LIST_DIGITS)}/${placeKey(place)}/${padded(index, STATUS_INDEX_DIGITS)}`,
  certificateTotals: (type: string, issuer: string): StateKey<CertificateTotalsRow> => `total-certificates/${type}/${issuer}`,
  day: (day: string, member: string, subject: string): StateKey<DayRow> => `day/${day}/${member}/${subject}`,
  evidence: (evidence: string): StateKey<EvidenceRow> => `evidence/${evidence}`,
  request: (request: string): StateKey<RequestRow> => `request/${request}`,
  due: (owner: string, request: string): StateKey<MarkRow> => `due/${owner}/${request}`,
  pending: (owner: string, height: number, request: string): StateKey<MarkRow> =>
    `pending/${owner}/${padded(height, HEIGHT_DIGITS)}/${request}`,
  requestInList: (reader: string, height: number, request: string): StateKey<RequestListRow> =>
    `list-request/${reader}/${padded(height, HEIGHT_DIGITS)}/${request}`,
  grant: (request: string): StateKey<GrantRow> => `grant/${request}`,
  grantedFile: (sha256: string): StateKey<MarkRow> => `granted-file/${sha256}`,
  /** Grants of a certificate by the member and the app that they were given to. */
  certificateGrant: (identifier: string, reader: string, app: string, height: number, request: string): StateKey<MarkRow> =>
    `certificate-grant/${withoutRoot(identifier)}/${reader}/${app}/${padded(height, HEIGHT_DIGITS)}/${request}`,
  trace: (identifier: string, place: Place): StateKey<TraceRow> => `trace/${withoutRoot(identifier)}/${placeKey(place)}`,
  file: (root: string): StateKey<FileRow> => `file/${root}`,
  /** Files whose content has this SHA-256: the same content has another root under each key. */
  fileOfContent: (plain: string, height: number, root: string): StateKey<MarkRow> =>
    `file-of-content/${plain}/${padded(height, HEIGHT_DIGITS)}/${root}`,
  account: (address: string): StateKey<AccountRow> => `account/${address}`,
} as const;

/** Prefixes for ranges; each row's type is that of the function of the same name in `stateKeys`. */
export const statePrefixes = {
  members: "member/",
  types: "type-latest/",
  typeVersions: (id: string): string => `type/${id}/`,
  certificates: "list-certificate/",
  certificatesOfType: (type: string): string => `list-certificate-type/${type}/`,
  certificatesOfHolder: (address: string): string => `list-certificate-holder/${address}/`,
  certificatesOfIssuer: (issuer: string): string => `list-certificate-issuer/${issuer}/`,
  certificatesOfStatus: (status: CertificateStatus): string => `list-certificate-status/${status}/`,
  certificatesAwaiting: (type: string, part: string): string => `list-certificate-awaiting/${type}/${part}/`,
  /** Certificates of one type, issuer and serial in all their versions; codes and serial as in the identifier. */
  certificateVersions: (typeCode: string, issuerCode: string, serial: string): string => `certificate/${typeCode}.${issuerCode}.${serial}.`,
  life: (identifier: string): string => `life/${withoutRoot(identifier)}/`,
  statusChanges: (owner: string, list: number): string => `status-change/${owner}/${padded(list, STATUS_LIST_DIGITS)}/`,
  certificateTotals: "total-certificates/",
  certificateTotalsOfType: (type: string): string => `total-certificates/${type}/`,
  days: "day/",
  due: (owner: string): string => `due/${owner}/`,
  pending: (owner: string): string => `pending/${owner}/`,
  requestsOfReader: (reader: string): string => `list-request/${reader}/`,
  filesOfContent: (plain: string): string => `file-of-content/${plain}/`,
  certificateGrants: (identifier: string, reader: string, app: string): string =>
    `certificate-grant/${withoutRoot(identifier)}/${reader}/${app}/`,
  trace: (identifier: string): string => `trace/${withoutRoot(identifier)}/`,
} as const;

/** Name of a deposit: the entry that made it and the place of the operation in it. */
export function evidenceId(transaction: string, operation: number): string {
  return `${transaction}-${operation}`;
}

/** Name of a request: the entry that opened it and the place of the operation in it. */
export function requestId(transaction: string, operation: number): string {
  return `${transaction}-${operation}`;
}

/** Address of an account: `ver1` and the first 40 hex digits of SHA-256 over its key's thumbprint (RFC 7638, base64url). */
export function addressOf(thumbprint: string, crypto: Crypto): string {
  return `ver1${toHex(crypto.sha256(utf8(`vermilion-address/v1\n${thumbprint}`))).slice(0, 40)}`;
}
