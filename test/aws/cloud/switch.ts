/** `node switch.ts <url> <stop|start> <member>`: how the demo, in a process of its own, asks the test to stop or start a member's account. */
const [, , url, act, member] = process.argv;
const answer = await fetch(`${url}/${act}/${member}`, { method: "POST" });
if (!answer.ok) {
  console.error(await answer.text());
  process.exitCode = 1;
}
