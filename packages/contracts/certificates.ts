import { complete } from "./certificates/complete.ts";
import { correct } from "./certificates/correct.ts";
import { issue, renew } from "./certificates/issue.ts";
import { receive } from "./certificates/receive.ts";
import { resume, revoke, suspend } from "./certificates/status.ts";

/** The life of a certificate, from its issue to its end. */
export const certificateOperations = [issue, complete, renew, correct, suspend, resume, revoke, receive] as const;
