import type { App, Apps } from "@vermilion/member/ports/index";
import { appText } from "@vermilion/member/ports/limits";
import { queryAll, unpack } from "./items.ts";
import type { Table } from "./table.ts";

/** Items `app`, `<id>`: an agency has few apps, so they stand in one partition and are listed by one query. */
export function dynamoApps(table: Table): Apps {
  return {
    async get(id) {
      const item = await table.get({ partition: "app", sort: id });
      return item === undefined ? undefined : unpack<App>(item);
    },

    async list() {
      return (await queryAll(table, "app", {})).map((item) => unpack<App>(item));
    },

    async put(app) {
      await table.write({ put: { partition: "app", sort: app.id, bytes: Buffer.from(appText(app), "utf8") } });
    },
  };
}
