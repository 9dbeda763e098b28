import { isJsonObject, type Json } from "@vermilion/ledger";
import type { Services } from "@vermilion/member/services";
import type { Route } from "@vermilion/protocol";

/** The certificate type that a call is about, as its row says; undefined where it is about none. */
export async function typeOfCall(
  { about }: Route,
  call: Readonly<Record<string, unknown>>,
  services: Services,
): Promise<string | undefined> {
  if (about === undefined || about === "any") return undefined;
  const given = call[about];
  if (about === "type") return typeIdOf(given as Json | undefined);
  if (typeof given !== "string") return undefined;
  return about === "request" ? typeOfRequest(given, services) : typeOfCertificate(given, services);
}

/** A type is named by its id, or is there as a whole. */
function typeIdOf(given: Json | undefined): string | undefined {
  if (typeof given === "string") return given;
  const id = given !== undefined && isJsonObject(given) ? given["id"] : undefined;
  return typeof id === "string" ? id : undefined;
}

export async function typeOfCertificate(certificate: string, services: Services): Promise<string | undefined> {
  const row = await services.certificate({ certificate });
  return "refused" in row ? undefined : row.type;
}

async function typeOfRequest(request: string, services: Services): Promise<string | undefined> {
  const row = await services.request({ request });
  return "refused" in row ? undefined : typeOfCertificate(row.certificate, services);
}
