import { Cleanup } from "./cleanup.ts"; import { measureLimits } from "./limits.ts"; import { measureN0 } from "./n0.ts";
const c = new Cleanup(); const s = { seconds: Number(process.argv[2] ?? 1), runs: 3, folder: "/tmp", progress: (t: string) => console.error(t) };
try { const l = measureLimits(s, c); console.log(l); console.log(JSON.stringify(await measureN0(s, l, c), null, 1)); } finally { await c.closeAll(); }
