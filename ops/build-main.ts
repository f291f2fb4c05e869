// `npm run build`: the front ends, where they are stale.
import { buildFrontEnds } from "./build.ts";

const say = (line: string): void => void process.stderr.write(`${line}\n`);

try {
  const started = performance.now();
  if (await buildFrontEnds(() => say("Building the pages …"))) say(`Pages built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
} catch (error) {
  say(`The pages could not be built: ${String(error)}`);
  process.exitCode = 1;
}
