// `npm start`: builds the front ends if they are stale, while the server comes up. `--reset-admin` prints a new sign-in link;
// `--without-pages` leaves the front ends as they are.
import { buildFrontEnds } from "./build.ts";
import { serve } from "./serve.ts";

const build = async (): Promise<void> => {
  try {
    const started = performance.now();
    if (await buildFrontEnds()) process.stderr.write(`Pages built in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  } catch (error) {
    process.stderr.write(`The pages could not be built: ${String(error)}\n`);
  }
};

try {
  const served = serve({ reset: process.argv.includes("--reset-admin") });
  if (!process.argv.includes("--without-pages")) await build();
  process.exitCode = await served;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
