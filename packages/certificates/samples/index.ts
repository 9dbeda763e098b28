import { type CertificateType, fieldsOf } from "../certificate-type.ts";
import { checkValue, type FieldValue } from "../fields.ts";
import { type Refusal, refusal } from "../refusal.ts";
import { makers, plainValue, type Sample, sampleOf } from "./fields.ts";
import { drawOf } from "./random.ts";

/** As many samples of one seed as have numbers of their own. */
export const samplesMax = 10_000_000;

/**
 * Real-looking values of a part, the `serial`-th of this seed (0 to `samplesMax` − 1): the same for ever, valid under the type, and about
 * nobody. Of an optional field every second sample has a value. Refused where a required field cannot be invented (a pattern that no known
 * field has, or a file).
 */
export function sampleFields(
  type: CertificateType,
  part: string,
  seed: number,
  serial: number,
): { readonly fields: Readonly<Record<string, FieldValue>> } | Refusal<"no-sample"> {
  if (!Number.isSafeInteger(serial) || serial < 0 || serial >= samplesMax) throw new RangeError(`samples are 0 to ${samplesMax - 1}`);
  const sample = sampleOf(drawOf(seed, serial), serial);
  const fields: [string, FieldValue][] = [];
  for (const field of fieldsOf(type, part)) {
    if (field.derivedFrom !== undefined) continue;
    const value = madeFor(field, sample);
    if (value === undefined && field.required)
      return refusal("no-sample", `无法为字段${field.name}生成样例`, `no sample can be made of the field ${field.name}`);
    if (value !== undefined && (field.required || sample.draw.below(2) === 0)) fields.push([field.name, value]);
  }
  return { fields: Object.fromEntries(fields) };
}

/** What is known of a field of this name, if this type takes it; else what its schema alone gives. */
function madeFor(field: ReturnType<typeof fieldsOf>[number], sample: Sample): FieldValue | undefined {
  const known = Object.hasOwn(makers, field.name) ? makers[field.name]?.(sample) : undefined;
  const all = [known, typeof known === "number" ? String(known) : undefined, plainValue(field.schema, sample)];
  return all.find((value) => value !== undefined && checkValue(field, value) === undefined);
}
