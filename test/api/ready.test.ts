import { expect, test } from "vitest";
import { startMember } from "./support/member.ts";
import { fakeServices } from "./support/services.ts";

test("a member that can do what is asked of it is ready; one that cannot says by codes why, in the caller's language", async () => {
  const well = await startMember();
  expect(await (await well.api.request("/v1/ready")).json()).toEqual({ ready: true });

  const health = await fakeServices().health({});
  const reasons = [
    { code: "storage-full", zh: "磁盘已满", en: "the disk is full" },
    { code: "no-leader", zh: "暂无领导者", en: "no leader" },
  ];
  const ill = await startMember({ services: { health: async () => ({ ...health, status: "degraded", ready: false, reasons }) } });
  const answer = await ill.api.request("/v1/ready", { headers: { "accept-language": "zh" } });
  expect([answer.status, answer.headers.get("cache-control")]).toEqual([503, "no-store"]);
  expect(await answer.json()).toMatchObject({ code: "not-ready", title: "本成员暂时不能处理请求", detail: "storage-full, no-leader" });
  expect(await (await ill.api.request("/v1/health")).json()).toMatchObject({ ready: false, reasons });
});
