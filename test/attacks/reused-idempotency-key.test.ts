import { expect, test } from "vitest";
import { addApp, ask as askApi, startMember, tokenOf } from "../api/support/member.ts";
import { caller, good, permitFields } from "../member/fixtures.ts";
import { memoryCalls } from "../support/memory/stores.ts";
import { fourMembers, services } from "./support/four-members.ts";

/** An app repeats an Idempotency-Key that the member has forgotten. */

fourMembers();

test("an Idempotency-Key that the door has forgotten never answers with another call's transaction", async () => {
  const door = async () => {
    const api = await startMember({ id: "platform", services: services("platform"), calls: memoryCalls() });
    return { api, token: await tokenOf(api, await addApp(api, "desk", ["certificates:issue"])) };
  };
  const post = async ({ api, token }: Awaited<ReturnType<typeof door>>, name: string, operator = "zhang-san") => {
    const json = { type: "permit", fields: { ...permitFields, name } };
    const headers = { "idempotency-key": "order-1", "vermilion-operator": operator };
    const answer = await askApi(api, "/v1/certificates", { token, json, headers });
    expect(answer.status).toBe(201);
    return (await answer.json()) as { transactionHash: string; certificate: string };
  };
  const first = await post(await door(), "one company");
  const forgetful = await door();
  const second = await post(forgetful, "another company");
  expect(second.transactionHash).not.toBe(first.transactionHash);
  expect(second.certificate).not.toBe(first.certificate);
  expect(good(await services("platform").ownFields({ certificate: second.certificate, part: "main" }, caller)).fields["name"]).toBe(
    "another company",
  );
  const third = await post(await door(), "one company", "li-si");
  expect([first.transactionHash, second.transactionHash]).not.toContain(third.transactionHash);
  // The very same call is answered with what it did.
  expect(await post(await door(), "one company")).toMatchObject({
    transactionHash: first.transactionHash,
    certificate: first.certificate,
  });
});
