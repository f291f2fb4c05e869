// `npm run histories`: writes sample histories of the job machine's present version, for the test that later machines still
// understand them. Those of older versions stay as their machine made them.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { jobMachineVersion } from "#actors/job/machine.ts";
import { historyOf, stories } from "#actors/job/stories.ts";
import { say } from "../say.ts";

const folder = fileURLToPath(new URL(`../../actors/job/histories/v${jobMachineVersion}`, import.meta.url));
await mkdir(folder, { recursive: true });
for (const [name, live] of Object.entries(stories)) await writeFile(join(folder, `${name}.json`), historyOf(live()));
say(`${Object.keys(stories).length} histories of version ${jobMachineVersion} written`);
