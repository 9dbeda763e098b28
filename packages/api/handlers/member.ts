import { metricsContentType } from "../context/metrics.ts";
import type { FoundingNeeds, PublicNeeds } from "../context/needs.ts";
import type { DoorHandler } from "../doors/door.ts";
import { problem } from "../http/problems.ts";

export function metricsOf({ metrics }: Pick<FoundingNeeds, "metrics">): DoorHandler<"metrics"> {
  return async ({ c }) =>
    metrics === undefined
      ? problem(c, { refused: "no-metrics" })
      : c.body(await metrics.text(), 200, { "Content-Type": metricsContentType });
}

export function readyOf({ chains, isDraining }: Pick<PublicNeeds, "chains" | "isDraining">): DoorHandler<"ready"> {
  return async ({ c }) => {
    const health = await chains.of(chains.main)?.services.health({});
    const { ready, reasons } = health ?? { ready: false, reasons: [] };
    const codes = [...(isDraining?.() === true ? ["draining"] : []), ...reasons.map(({ code }) => code)];
    if (ready && codes[0] !== "draining") return c.json({ ready });
    return problem(c, { refused: "not-ready", detail: codes.join(", ") });
  };
}

/** Stands before there is a chain as well: whoever founds one compares it with what he was handed. */
export function statementOf({ statement }: Pick<FoundingNeeds, "statement">): DoorHandler<"statement"> {
  return async ({ c }) => {
    const text = await statement();
    return text === undefined ? problem(c, { refused: "no-statement" }) : c.body(text, 200, { "Content-Type": "application/json" });
  };
}
