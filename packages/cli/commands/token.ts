import type { Command } from "commander";
import type { Io } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

const examples = `
Examples:
  vermilion token --as customs                    to paste into the page /docs of that member
  curl -H "Authorization: Bearer $(vermilion token --as customs)" http://127.0.0.1:7303/v1/certificates

A bearer token is good for five minutes for all that its app may do: give it to nobody.`;

/** `vermilion token`: signs in as an app and prints the access token. */
export function token(program: Command, io: Io): void {
  withApp(program.command("token").description("sign in as an app and print the access token"))
    .addHelpText("after", examples)
    .action(async (options: SessionOptions & { readonly json?: boolean }) => {
      const { tokenSource } = await import("@vermilion/client/token");
      const { app } = await openSession(options);
      const source = tokenSource(app, { baseUrl: app.baseUrl, post: fetch, timeoutMs: 10_000, language: undefined });
      const accessToken = await source.token();
      if (options.json) io.json({ app: app.app, member: app.member, accessToken });
      else io.print(accessToken);
    });
}
