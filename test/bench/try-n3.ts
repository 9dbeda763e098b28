import { Cleanup } from "./cleanup.ts"; import { measureLimits } from "./limits.ts"; import { measureN3 } from "./n3.ts";
const c = new Cleanup(); const s = { seconds: Number(process.argv[2] ?? 1), runs: 3, folder: "/tmp", machine: { cores: 2 }, progress: (t: string) => console.error(t) };
try { const l = measureLimits(s, c); console.log(l); console.log(JSON.stringify(await measureN3(s, l, c), null, 1)); } finally { await c.closeAll(); }
