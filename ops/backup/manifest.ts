// What a backup consists of. The manifest is written last: a folder without one is not a whole backup.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";

/** Raised when a program of before could not read what is written now. */
export const backupFormat = 1;

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Names become parts of paths. */
const Name = z.string().regex(/^[a-z0-9_][a-z0-9_.-]*$/);

const Manifest = z.object({
  format: z.number(),
  /** Of the program that made it. */
  version: z.string(),
  madeAt: z.iso.datetime(),
  migrations: z.array(z.object({ version: z.number(), name: z.string(), sha256: Sha256 })).min(1),
  /** In an order in which rows can be inserted; each is `tables/<name>.jsonl.gz`. */
  tables: z.array(z.object({ name: Name, rows: z.number(), sha256: Sha256 })),
  /** `media.jsonl` has a line for each file of `media`. */
  media: z.object({ files: z.number(), bytes: z.number(), sha256: Sha256 }),
  /** Files of `secrets`; null: left out. */
  secrets: z.array(z.object({ name: Name, sha256: Sha256 })).nullable(),
});
export type Manifest = z.infer<typeof Manifest>;

const MediaLine = z.object({ sha256: Sha256, size: z.number() });
export type MediaLine = z.infer<typeof MediaLine>;

const manifestName = "manifest.json";

export const manifestPath = (folder: string): string => join(folder, manifestName);
export const tablePath = (folder: string, name: string): string => join(folder, "tables", `${name}.jsonl.gz`);
export const mediaListPath = (folder: string): string => join(folder, "media.jsonl");
export const mediaPath = (folder: string, sha256: string): string => join(folder, "media", sha256.slice(0, 2), sha256.slice(2));
export const secretPath = (folder: string, name: string): string => join(folder, "secrets", name);

/** Files of the data folder's `secrets`. */
export const isSecretName = (name: string): boolean => Name.safeParse(name).success;

/** Rejects with a sentence for a person. */
export const readManifest = async (folder: string): Promise<Manifest> => {
  const text = await readFile(manifestPath(folder), "utf8").catch((cause: unknown) => {
    throw new Error(`${folder} is not a whole backup: its ${manifestName} cannot be read. Name the folder that a backup was made into.`, {
      cause,
    });
  });
  const format = /"format":\s*(\d+)/.exec(text)?.[1];
  if (format !== undefined && Number(format) > backupFormat)
    throw new Error(`The backup ${folder} was made by a newer PixSim. Restore it with that version.`);
  try {
    return Manifest.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`The backup ${folder} is damaged: its ${manifestName} is not what a backup writes.`, { cause });
  }
};

/** What `media.jsonl` lists. */
export const readMediaList = async (folder: string): Promise<ReadonlyArray<MediaLine>> =>
  (await readFile(mediaListPath(folder), "utf8"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => MediaLine.parse(JSON.parse(line)));
