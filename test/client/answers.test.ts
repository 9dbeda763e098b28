import type * as Answers from "@vermilion/client";
import type { AccountRow, CertificateRow, FileRow, MemberRow, RequestRow, TraceRow } from "@vermilion/contracts";
import type * as Files from "@vermilion/member/file-services";
import type * as Member from "@vermilion/member/services";
import { expectTypeOf, test } from "vitest";

/** The client may not import the member, so its types are its own; the compiler holds here that they say the same. */
test("what the member answers is what the client declares", () => {
  expectTypeOf<Member.Health>().toEqualTypeOf<Answers.Health>();
  expectTypeOf<Member.ConsortiumView>().toEqualTypeOf<Answers.Consortium>();
  expectTypeOf<Member.BlockView>().toEqualTypeOf<Answers.Block>();
  expectTypeOf<Member.EntryView>().toEqualTypeOf<Answers.Entry>();
  expectTypeOf<Member.ReceiptView>().toEqualTypeOf<Answers.Receipt>();
  expectTypeOf<Member.LookupView>().toEqualTypeOf<Answers.Lookup>();
  expectTypeOf<Member.Disclosed>().toEqualTypeOf<Answers.Disclosed>();
  expectTypeOf<Member.IssuedCertificate>().toEqualTypeOf<Answers.Issued>();
  expectTypeOf<Member.IssueInput>().toEqualTypeOf<Answers.IssueInput>();
  expectTypeOf<Member.RenewInput>().toEqualTypeOf<Answers.RenewInput>();
  expectTypeOf<Member.CorrectInput>().toEqualTypeOf<Answers.CorrectInput>();
  expectTypeOf<Member.LifeStep>().toExtend<Answers.LifeStep>();
  expectTypeOf<Member.CertificateStatusView>().toEqualTypeOf<Answers.CertificateStatusAnswer>();
  expectTypeOf<Member.RequestInput>().toEqualTypeOf<Answers.RequestInput>();
  expectTypeOf<Files.FileUpload>().toEqualTypeOf<Answers.FileUpload>();
  expectTypeOf<Files.FileChunks>().toEqualTypeOf<Answers.FileChunks>();
  expectTypeOf<FileRow>().toExtend<Answers.FileRow>();
  expectTypeOf<Member.Submitted>().toExtend<Answers.Submitted>();
  expectTypeOf<Member.Page<number>>().toEqualTypeOf<Answers.Page<number>>();
  expectTypeOf<MemberRow>().toExtend<Answers.Member>();
  expectTypeOf<CertificateRow>().toExtend<Answers.Certificate>();
  expectTypeOf<Answers.Certificate>().toExtend<CertificateRow>();
  expectTypeOf<RequestRow>().toExtend<Answers.Request>();
  expectTypeOf<Answers.Request>().toExtend<RequestRow>();
  expectTypeOf<TraceRow>().toExtend<Answers.Trace>();
  expectTypeOf<AccountRow>().toExtend<Answers.Account>();
});
