import type { Result } from "@vermilion/protocol";

/** Names of what the API answers; the shapes are the protocol's. */

export type Health = Result<"health">;
export type Consortium = Result<"consortium">;
export type Member = Result<"members">["items"][number];
export type CertificateType = Result<"type">;
export type Certificate = Result<"certificate">;
export type CertificateItem = Result<"certificates">["items"][number];
export type HeldCertificate = Result<"certificatesOfHolder">["items"][number];
export type LifeStep = Result<"certificateHistory">["items"][number];
export type TraceRow = Result<"certificateTrace">["items"][number];
export type Issued = Result<"issueCertificate">;
export type Request = Result<"request">;
export type Disclosed = Result<"grantedFields">;
export type Account = Result<"account">;
export type Block = Result<"block">;
export type Entry = Result<"entry">;
export type EntryHit = Result<"entries">["items"][number];
export type Submitted = Result<"defineType">;
export type Receipt = Result<"receipt">;
export type EvidenceReceipt = Result<"evidenceReceipt">;
export type Figure = Result<"uses">["items"][number];
export type FileRow = Result<"file">;
export type FileUpload = Result<"beginFile">;
export type FileChunks = Result<"ownFile">;
export type FileLink = FileChunks["links"][number];
export type Lookup = Result<"lookup">;
