import * as forms from "@vermilion/contracts/operation/arguments";
import { isJsonObject, type Json, type JsonObject } from "@vermilion/ledger";
import * as z from "zod";

/** Forms of what crosses the wall, as the rules have them, with what the API's document says of them. */

/** A member that may be absent; what is there is never undefined, because nothing that was JSON or a query is. */
export const optional = z.exactOptional;

export const sha256Hex = forms.sha256Hex.meta({ examples: ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"] });
export const memberId = forms.memberId.meta({ examples: ["customs"] });
export const typeId = forms.typeId.meta({ examples: ["trade-operator-record"] });
export const partId = forms.partId.meta({ examples: ["main"] });
export const fieldName = forms.fieldId.meta({ examples: ["enterpriseName"] });
export const certificateId = forms.certificateId.meta({ description: "电子证照标识（GB/T 36904）" });
export const code = forms.code.meta({ description: "目录代码，不是自由文本 · a code of the consortium's catalogues" });
export const { address } = forms;
/** Requests and deposits are named by their transaction and the place of the operation in it. */
export const actId = z.string().regex(/^[0-9a-f]{64}-[0-9]{1,2}$/);
export const time = z.int().min(0).meta({ description: "ms since 1970-01-01T00:00:00Z" });
export const natural = z.int().min(0);
export const names = z.object({ zh: z.string(), en: z.string() });
export const by = z.object({ app: z.string(), operator: z.string() });
export const who = z.object({ kind: z.enum(["member", "account"]), id: z.string() });
/** The newest block that the member knew. */
export const asOf = z.object({ blockNumber: z.int(), time });

/** A value that the strict parser has already found to be JSON; zod has nothing to add to it. */
export const json = typed<Json>(z.unknown().meta({ description: "JSON" }));
export const jsonObject = z.custom<JsonObject>((value) => isJsonObject(value as Json)).meta({ type: "object", additionalProperties: true });

export const fieldValues = z
  .record(fieldName, json)
  .refine((fields) => Object.keys(fields).length <= 200, "at most 200 fields")
  .meta({ description: "字段名到值 · values by field name" });

const jwkForm = z.union([
  z.strictObject({ kty: z.literal("EC"), crv: z.literal("P-256"), x: z.string(), y: z.string() }),
  z.strictObject({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string() }),
]);
export const publicJwk = jwkForm.refine((jwk) => forms.publicJwk.safeParse(jwk).success, "not a point of the curve");

/** Bytes as they are, in a call or an answer; never in JSON. */
export const bytes = typed<Uint8Array>(z.instanceof(Uint8Array).meta({ type: "string", format: "binary" }));

export const limitDefault = 10;
export const limitMax = 100;
/** What a list is asked for, beside its own question. */
export const pageQuery = {
  cursor: optional(
    z
      .string()
      .min(1)
      .max(1_024)
      .regex(/^[!-~]+$/),
  ).meta({ description: "上一页的 next · `next` of the page before" }),
  limit: z.int().min(1).max(limitMax).default(limitDefault),
};

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: optional(z.string()) });
}

export const waitSecondsMax = 25;
/** What is asked of a route that may wait for something to happen. */
export function waitQuery(defaultSeconds: number) {
  return {
    wait: z.int().min(0).max(waitSecondsMax).default(defaultSeconds).meta({ description: "最多等待的秒数 · seconds to wait at most" }),
  };
}

/** What is known of an entry that was sent. `pending`: it is durable and will be committed or expire. */
export const submission = z.object({
  status: z.enum(["pending", "committed"]),
  transactionHash: sha256Hex,
  outcome: optional(z.string()),
  blockNumber: optional(z.int()),
  leafIndex: optional(z.int()),
  time: optional(time),
});

/** What every write answers: that, and where to go on. */
export const submitted = submission.extend({ receipt: z.url(), submission: optional(z.url()) });

/** A schema that describes values which another parser judges. */
export function typed<Value>(schema: z.ZodType): z.ZodType<Value> {
  return schema as z.ZodType<Value>;
}
