import { ask, chain, type TestMember } from "./member.ts";
import { address, certificateId, hash, requestName } from "./services.ts";

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
  readonly "x-vermilion-problems"?: readonly string[];
}

interface Operation {
  readonly summary: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly { readonly in?: string; readonly name?: string; readonly required?: boolean }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
  readonly "x-vermilion-audience"?: string;
  readonly "x-vermilion-operator"?: boolean;
  readonly "x-vermilion-signs"?: boolean;
  readonly "x-vermilion-chain-path"?: string;
}

export interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
  readonly "x-vermilion-problems": unknown;
}

export async function documentOf(member: TestMember): Promise<Document> {
  return (await (await ask(member, "/openapi.json")).json()) as Document;
}

export interface Listed {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** Where the document describes it: a route of a chain answers at that chain's path as well. */
  readonly describedAt: string;
  readonly operation: Operation;
}

/** Every path at which a route answers. */
export function operationsOf(document: Document): Listed[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const { "x-vermilion-chain-path": chainPath } = operation;
      const paths = chainPath === undefined ? [path] : [path, chainPath];
      return paths.map((at) => ({ id: `${method} ${at}`, method: method.toUpperCase(), path: at, describedAt: path, operation }));
    }),
  );
}

const parameters: Readonly<Record<string, string>> = {
  address,
  asset: "start.js",
  block: "7",
  call: "probe",
  certificate: certificateId,
  chain,
  chunk: "0",
  field: "document",
  digest: hash,
  evidence: requestName,
  file: hash,
  hash,
  height: "7",
  index: "0",
  issuer: "customs",
  list: "0",
  old: "1",
  request: requestName,
  sha256: hash,
  size: "2",
  token: `${hash}.0.1.${"A".repeat(43)}`,
  tile: "0/000.p/1",
  transaction: hash,
  transactionHash: hash,
  type: "trade",
};

const jwk = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
const bodies: Readonly<Record<string, unknown>> = {
  "/v1/types": { id: "trade" },
  "/v1/certificates": { type: "trade", fields: {} },
  "/v1/certificates/{certificate}/parts": { part: "inspection", fields: {} },
  "/v1/certificates/{certificate}/renewal": { fields: {}, reason: "renewal" },
  "/v1/certificates/{certificate}/corrections": { part: "main", fields: {}, reason: "typing-error" },
  "/v1/certificates/{certificate}/suspension": { reason: "inquiry" },
  "/v1/certificates/{certificate}/resumption": { reason: "inquiry-closed" },
  "/v1/certificates/{certificate}/revocation": { reason: "holder-request" },
  "/v1/certificates/{certificate}/receipt": {},
  "/v1/certificates/bulk": [{ op: "issue", key: "k1", type: "trade", fields: {} }],
  "/v1/evidence": { digests: [hash] },
  "/v1/requests": { certificate: certificateId, part: "main", fields: ["name"], purpose: "audit", serviceItem: "refund", basis: "law" },
  "/v1/requests/{request}/decision": { decision: "approve", reason: "fits" },
  "/v1/accounts": { kind: "holder", name: "n", jwk, proof: "p" },
  "/v1/verifications": { sdJwt: "a~", issuerCode: "11100000000012154X" },
  "/v1/files/{file}": { size: 17, chunks: [hash] },
  "/v1/files/{file}/complete": { mediaType: "text/plain", plain: hash },
  "/peer/v1/chains/{chain}/{call}": {},
};

/** A right call of a declared route. A new parameter or body fails here until it has an example, which is the point. */
export function exampleOf({ path, describedAt, operation }: Listed): {
  readonly url: string;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
} {
  const value = (name: string): string => {
    const example = parameters[name];
    if (example === undefined) throw new Error(`no example of the parameter ${name}`);
    return encodeURIComponent(example).replaceAll("%2F", "/");
  };
  const query = (operation.parameters ?? []).filter((each) => each.in === "query" && each.required === true);
  const search = query.map(({ name = "" }) => `${name}=${value(name)}`).join("&");
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => value(name)) + (search === "" ? "" : `?${search}`);
  if (operation.requestBody === undefined || path === "/oauth/token") return { url };
  if (operation.requestBody.content?.["application/octet-stream"] !== undefined) return { url, bytes: new Uint8Array(17) };
  if (!Object.hasOwn(bodies, describedAt)) throw new Error(`no example of the body of ${describedAt}`);
  return { url, json: bodies[describedAt] };
}
