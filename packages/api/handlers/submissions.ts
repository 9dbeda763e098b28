import { memberRoutes } from "@vermilion/protocol";
import { answer } from "../doors/answers.ts";
import type { MemberHandler } from "../doors/door.ts";
import { submittedAnswer } from "../doors/idempotency.ts";

export const submission: MemberHandler<"submission"> = async ({ c, call, services }) => {
  const submitted = await services.submission(call);
  return answer(c, memberRoutes.submission, "refused" in submitted ? submitted : submittedAnswer(submitted));
};
