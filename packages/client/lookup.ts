import { fromHex, leafHash, verifyInclusion } from "@vermilion/ledger";
import type { Lookup } from "./answers.ts";
import { nobleCrypto } from "./noble-crypto.ts";
import { ClientProblem } from "./problem.ts";

/** The answer, where the path of a deposited document leads from its digest to the root that is named. Throws `ClientProblem` else. */
export function checkedLookup(hash: string, answer: Lookup): Lookup {
  if (answer.kind !== "document" || leadsToRoot(hash, answer.evidence)) return answer;
  throw new ClientProblem({
    code: "lookup-does-not-hold",
    status: 0,
    detail: "the member's path does not lead from the document to the root of the deposit",
    detailZh: "成员给出的路径不能由文件通向存证的根",
  });
}

function leadsToRoot(hash: string, evidence: Lookup["evidence"]): boolean {
  const [digest, root] = [fromHex(hash), fromHex(evidence?.root ?? "")];
  const path = evidence?.digest?.path.map((step) => fromHex(step)) ?? [];
  const steps = path.flatMap((step) => step ?? []);
  if (evidence?.digest == null || digest === undefined || root === undefined || steps.length !== path.length) return false;
  return verifyInclusion(leafHash(digest, nobleCrypto), evidence.digest.index, evidence.count, steps, root, nobleCrypto);
}
