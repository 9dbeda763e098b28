import type { App, Apps } from "@vermilion/member/ports/index";
import { appText } from "@vermilion/member/ports/limits";
import type { MemberDatabase } from "./database.ts";
import { jsonOf } from "./rows.ts";

/** The agency apps of this member; read from the file each time, since the command line writes to it while the member runs. */
export function sqliteApps(database: MemberDatabase): Apps {
  const selectApp = database.prepare("SELECT app FROM apps WHERE id = ?");
  const selectAll = database.prepare("SELECT app FROM apps ORDER BY id");
  const putApp = database.prepare("INSERT INTO apps (id, app) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET app = excluded.app");

  return {
    async get(id) {
      return database.read(() => {
        const row = selectApp.get(id);
        return row === undefined ? undefined : jsonOf<App>(row, "app");
      });
    },

    async list() {
      return database.read(() => selectAll.all().map((row) => jsonOf<App>(row, "app")));
    },

    async put(app) {
      const text = appText(app);
      await database.write(() => putApp.run(app.id, text));
    },
  };
}
