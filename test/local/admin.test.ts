import { newAppKey } from "@vermilion/local/config/apps";
import { type AdminRequest, adminDoor } from "@vermilion/local/process/admin";
import type { App } from "@vermilion/member/ports/index";
import { describe, expect, test } from "vitest";
import { testClock } from "../api/support/member.ts";
import { memoryApps } from "../support/memory/stores.ts";

type Key = Extract<AdminRequest, { readonly command: "app-add" }>["key"];
const newKey = () => newAppKey().publicKey as Key;

/** A member's admin door with one app, and every state that the app was ever stored in. */
async function door() {
  const stored: App[] = [];
  const memory = memoryApps();
  const apps = {
    ...memory,
    put: async (app: App) => {
      stored.push(app);
      await memory.put(app);
    },
  };
  const ask = adminDoor({ apps, clock: testClock(), stop: () => undefined });
  const asked = async (request: AdminRequest) => {
    const answer = await ask(request);
    if (!answer.ok) throw new Error(answer.code);
    return answer.value as App;
  };
  const first = newKey();
  await asked({ command: "app-add", app: "desk", key: first, scopes: ["certificates:read"] });
  return { asked, ask, stored, first };
}

const kids = (app: App | undefined) => app?.keys.map(({ kid }) => kid);

describe("apps over the owner's socket", () => {
  test("a rotation keeps the newest key beside the new one, or none", async () => {
    const { asked, first } = await door();
    const [second, third] = [newKey(), newKey()];
    expect(kids(await asked({ command: "app-rotate", app: "desk", key: second, keepOld: true }))).toEqual([second.kid, first.kid]);
    expect(kids(await asked({ command: "app-rotate", app: "desk", key: third, keepOld: false }))).toEqual([third.kid]);
  });

  test.each([true, false])(
    "a disabled app stays disabled when its key is rotated, and loses every old key (keepOld %s)",
    async (keepOld) => {
      const { asked } = await door();
      await asked({ command: "app-rotate", app: "desk", key: newKey(), keepOld: true });
      await asked({ command: "app-disable", app: "desk" });
      const key = newKey();
      const rotated = await asked({ command: "app-rotate", app: "desk", key, keepOld });
      expect([rotated.disabled, kids(rotated)]).toEqual([true, [key.kid]]);
      const enabled = await asked({ command: "app-enable", app: "desk" });
      expect([enabled.disabled, kids(enabled)]).toEqual([false, [key.kid]]);
    },
  );

  test("only enabling enables, and an app that is not there cannot be", async () => {
    const { asked, ask } = await door();
    expect((await asked({ command: "app-disable", app: "desk" })).disabled).toBe(true);
    expect((await asked({ command: "app-enable", app: "desk" })).disabled).toBe(false);
    expect(await ask({ command: "app-enable", app: "other" })).toMatchObject({ ok: false, code: "unknown-app" });
  });
});
