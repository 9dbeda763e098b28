import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { docsFiles } from "@vermilion/api";
import { packagedDocsFile } from "@vermilion/local/http/docs-files";
import { expect, test } from "vitest";
import { buildAnew, resourcesOf } from "./synth.ts";

/** As a deployment synthesizes: the code bundled, the template checked against CloudFormation's own schemas. */

test("two syntheses give the same bytes, code and all, and CloudFormation's schemas find nothing", () => {
  const [one, two] = [buildAnew({}, true), buildAnew({}, true)].map(({ app, stack }) => {
    // Throws with the report if a schema is violated.
    const { directory } = app.synth();
    return ["template", "assets"].map((what) => readFileSync(join(directory, `${stack.stackName}.${what}.json`), "utf8"));
  });
  expect(one).toEqual(two);
});

test("the function of the public routes has the files of the API's page beside its code, and no other function has", async () => {
  const { app, template } = buildAnew({}, true);
  const { directory } = app.synth();
  const folders = Object.values(resourcesOf(template, "AWS::Lambda::Function")).map(({ Properties }) => {
    const { S3Key } = Properties["Code"] as { readonly S3Key: string };
    const isPublic = String(Properties["Description"]).includes("no account");
    return { isPublic, docs: join(directory, `asset.${S3Key.replace(/\.zip$/, "")}`, "docs") };
  });
  expect(folders.filter(({ docs }) => existsSync(docs)).map(({ isPublic }) => isPublic)).toEqual([true]);
  const [{ docs = "" } = {}] = folders.filter(({ isPublic }) => isPublic);
  expect(readdirSync(docs).toSorted()).toEqual(Object.keys(docsFiles).toSorted());
  for (const name of Object.keys(docsFiles) as (keyof typeof docsFiles)[])
    expect(readFileSync(join(docs, name)).equals(await packagedDocsFile(name)), name).toBe(true);
});
