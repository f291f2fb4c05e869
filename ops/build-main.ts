// `npm run build`: the front ends, where they are stale.
import { buildFrontEnds } from "./build.ts";
import { say } from "./say.ts";

try {
  const started = performance.now();
  if (await buildFrontEnds(() => say("Building the pages …"))) say(`Pages built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
} catch (error) {
  say(`The pages could not be built: ${String(error)}`);
  process.exitCode = 1;
}
