import { asCannot } from "@vermilion/local/cannot";
import { Failure } from "./output.ts";

/** For `fsck` and `rebuild`, where exit code 1 means a finding: what could not even be read ends with 2. */
export function unreadable(error: unknown): never {
  const { code, names } = asCannot(error);
  throw new Failure(code, names, 2, error);
}
