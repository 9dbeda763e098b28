import * as z from "zod";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Turns zod's schemas into those of a document, which has the named ones once. */
export interface SchemaWriter {
  write(schema: z.ZodType): JsonSchema;
  readonly named: Readonly<Record<string, JsonSchema>>;
}

const place = "#/components/schemas/";

export function schemaWriter(): SchemaWriter {
  const named: Record<string, JsonSchema> = {};
  return {
    named,
    write(schema) {
      // Inside another one, so that a schema with a name is a reference to it.
      const written = z.toJSONSchema(z.object({ value: schema }), {
        io: "input",
        unrepresentable: "any",
        override: ({ jsonSchema }) => {
          // What JSON numbers are anyway.
          if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
          if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
        },
      });
      for (const [name, definition] of Object.entries(written.$defs ?? {})) named[name] = relocated(definition);
      return relocated(written.properties?.["value"] ?? {});
    },
  };
}

function relocated(schema: unknown): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/$defs/', `"$ref":"${place}`)) as JsonSchema;
}
