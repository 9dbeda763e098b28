import { answer, type Doors } from "../doors.ts";
import { health } from "../schemas.ts";

export function healthRoutes({ publicly, needs }: Doors): void {
  publicly(
    {
      method: "get",
      path: "/v1/health",
      topic: "consortium",
      summary: { zh: "本成员的运行状况", en: "How this member is" },
      description: "不降低可用性的问题也在此列出；应答总是 200，判断以 status 为准。Always 200: `status` tells how the member is.",
      answers: { 200: { description: "运行状况 · health", content: { "application/json": health } } },
    },
    async ({ c }) => answer(c, health, await needs.services.health()),
  );
}
