// Makes the template of the embedded database, which template.ts finds.
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Effect, Layer } from "effect";
import { embeddedDatabase } from "./embedded.ts";
import { cache, exists, templatePath } from "./template.ts";

/** Makes the template if it is not there; answers its path. */
export const makeTemplate = async (): Promise<string> => {
  const path = await templatePath();
  if (await exists(path)) return path;
  await mkdir(cache, { recursive: true });
  const making = await mkdtemp(join(cache, "making-"));
  await Effect.runPromise(Effect.scoped(Layer.build(embeddedDatabase({ dataDir: making }))));
  // Another process may have been faster: then its template serves.
  await rename(making, path).catch(() => rm(making, { recursive: true, force: true }));
  return path;
};
