// `npm run histories`: writes sample histories of the present versions of the machines of jobs and playthroughs, for the tests that later
// machines still understand them. Those of older versions stay as their machine made them.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { jobMachineVersion } from "#actors/job/machine.ts";
import * as job from "#actors/job/stories.ts";
import { sessionMachineVersion } from "#actors/session/machine.ts";
import * as session from "#actors/session/stories.ts";
import { say } from "../say.ts";

const write = async (kind: string, version: number, histories: ReadonlyArray<readonly [name: string, history: string]>): Promise<void> => {
  const folder = fileURLToPath(new URL(`../../actors/${kind}/histories/v${version}`, import.meta.url));
  await mkdir(folder, { recursive: true });
  for (const [name, history] of histories) await writeFile(join(folder, `${name}.json`), history);
  say(`${histories.length} histories of the kind ${kind}, version ${version}, written`);
};

await write(
  "job",
  jobMachineVersion,
  Object.entries(job.stories).map(([name, live]) => [name, job.historyOf(live())]),
);
await write(
  "session",
  sessionMachineVersion,
  Object.entries(session.stories).map(([name, live]) => [name, session.historyOf(live())]),
);
