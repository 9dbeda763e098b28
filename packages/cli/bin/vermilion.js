#!/usr/bin/env node
// Plain JavaScript that any Node reads: the rest is TypeScript, which Node runs as it is from 24 on.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `vermilion: node-too-old: this is Node ${process.versions.node}, Vermilion needs 24 or later; run it as "npx vermilion", which brings its own. ` +
      "当前 Node 版本过低，请用 npx vermilion 运行。",
  );
  process.exit(1);
}
const { run } = await import("../main.ts");
await run(process.argv.slice(2));
