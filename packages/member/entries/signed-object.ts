import { type SignedObject, signedObject } from "@vermilion/contracts";

/** A signed object in JSON, as operations carry it; undefined for anything else. What it is signed over is the contract's to judge. */
export function parseSignedObject(source: string): SignedObject | undefined {
  try {
    return signedObject.safeParse(JSON.parse(source)).data;
  } catch {
    return undefined;
  }
}
