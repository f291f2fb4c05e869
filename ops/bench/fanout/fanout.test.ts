// Every contender brings each change to each watcher, so that the benchmark cannot rot unseen.
import { expect, test } from "vitest";
import { nodeForUws } from "../../services/glibc.ts";
import { contender, type ContenderName, contenderNames } from "./contenders.ts";
import { startFanout } from "./section.ts";

test.for<ContenderName>(contenderNames)("%s tells 5 changes to 20 watchers", { timeout: 120_000 }, async (name, { skip }) => {
  const node = contender(name).uws ? await nodeForUws().catch((error: unknown) => skip(String(error))) : undefined;
  const running = await startFanout(name, 20, node);
  try {
    expect(await running.run({ changes: 5, everyMs: 20 })).toBeGreaterThan(0);
  } finally {
    await running.stop();
  }
});
