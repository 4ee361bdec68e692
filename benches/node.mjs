// Runs the cases of benches/clusters/mod.rs in wasm: `node benches/node.mjs FILE.wasm`, with benches/wasm.rs as the file.

import { readFileSync } from "node:fs";

const NAMES = ["default", "100 pods", "100 workers, 1,000 pods"];
const ROUNDS = 6;

const module = await WebAssembly.compile(readFileSync(process.argv[2]));
// The browser functions that the library imports; the simulation never calls them.
const imports = {};
for (const { module: from, name } of WebAssembly.Module.imports(module)) {
  (imports[from] ??= {})[name] = () => {
    throw new Error(`the simulation called ${name}`);
  };
}
const { exports } = await WebAssembly.instantiate(module, imports);

/** Seconds that this thread has had a processor, where the system tells (Linux). */
function processor() {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e9;
  } catch {
    return NaN;
  }
}

for (const [number, name] of NAMES.entries()) {
  const begin = performance.now();
  const seconds = exports.prepare(number);
  const startUp = performance.now() - begin;
  let wall = Infinity;
  let busy = Infinity;
  let digest = 0n;
  for (let round = 0; round < ROUNDS; round += 1) {
    const [from, worked] = [performance.now(), processor()];
    digest = exports.run(seconds);
    wall = Math.min(wall, (performance.now() - from) / 1000);
    busy = Math.min(busy, processor() - worked);
  }
  const print = BigInt.asUintN(64, digest).toString(16).padStart(16, "0");
  console.log(
    `wasm: ${name}: ${(seconds / wall).toFixed(0)}x of wall time, ${(seconds / busy).toFixed(0)}x of processor time ` +
      `(${seconds} simulated s in ${wall.toFixed(3)} s, best of ${ROUNDS}), ` +
      `start-up in ${(startUp / 1000).toFixed(3)} s, digest 0x${print}`,
  );
}
console.log(`wasm: memory ${(exports.memory.buffer.byteLength / 1e6).toFixed(1)} MB`);
