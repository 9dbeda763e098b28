import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { parseConfig } from "../../infra/config.ts";
import { MemberStack } from "../../infra/member-stack.ts";
import { customs } from "./fixtures/customs.ts";

/** The stack of one member, synthesized without bundling: quick, and the same whatever the functions do. */

const fixture = new URL("./fixtures/handler.ts", import.meta.url).pathname;
const built = new Map<string, Built>();

export interface Built {
  readonly app: App;
  readonly stack: MemberStack;
  readonly template: Template;
}

/** The stack of a configuration, made once: it is to be looked at, not to be changed. */
export function build(given: object = {}): Built {
  const key = JSON.stringify(given);
  const found = built.get(key) ?? buildAnew(given);
  built.set(key, found);
  return found;
}

/** `whole` bundles the code, and has the template checked against CloudFormation's own schemas: as a deployment does, and slow. */
export function buildAnew(given: object = {}, whole = false): Built {
  const outdir = mkdtempSync(join(tmpdir(), "vermilion-cdk-"));
  const context = whole ? { "@aws-cdk/core:validateAgainstDefaultRules": true } : { "aws:cdk:bundling-stacks": [] };
  const app = new App({ outdir, context, builtinCloudFormationValidation: whole });
  const stack = new MemberStack(app, parseConfig({ ...customs, ...given }), { entryOf: () => fixture });
  return { app, stack, template: Template.fromStack(stack) };
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/** Resources of a type by the first part of their logical id, which is their name in the stack without its hash. */
export function resourcesOf(template: Template, type: string): Readonly<Record<string, Resource>> {
  const found = Object.entries(template.findResources(type)) as [string, Resource][];
  return Object.fromEntries(found.map(([id, resource]) => [plain(id), resource]));
}

/** A logical id without the hash that CDK puts behind it. */
function plain(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, "");
}

/** A value of a template with its references written short: `LedgerTable.Arn`, `FilesBucket.Arn/*`, `<AWS::Region>`. */
export function short(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return String(value);
  const [[key, inner]] = Object.entries(value) as [[string, unknown]];
  if (key === "Ref") return String(inner).startsWith("AWS::") ? `<${inner}>` : plain(String(inner));
  if (key === "Fn::GetAtt" && Array.isArray(inner)) return `${plain(String(inner[0]))}.${inner[1]}`;
  if (key === "Fn::Join" && Array.isArray(inner)) return (inner[1] as unknown[]).map(short).join(String(inner[0]));
  return JSON.stringify(value);
}

export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: unknown;
  readonly principals: readonly string[];
}

/** The statements of a policy document, short and sorted. */
export function statementsOf(document: unknown): readonly Statement[] {
  const list = (value: unknown) => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
  return (document as { Statement: Record<string, unknown>[] }).Statement.map(({ Action, Resource, Condition, Principal }) => ({
    actions: list(Action).map(String).toSorted(),
    resources: list(Resource).map(short).toSorted(),
    principals: list((Principal as Record<string, unknown> | undefined)?.["AWS"]).map(short),
    ...(Condition === undefined ? {} : { conditions: Condition }),
  }));
}
