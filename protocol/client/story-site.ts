// A published story as a folder that plays from any web host: the player as this server has it, the story, and its media.
import * as z from "zod";
import type { Asset } from "../asset.ts";
import { exportedPage, exportOf } from "../scene/exported.ts";
import { shownAssetsIn } from "../scene/file.ts";
import { CallError } from "../wire/errors.ts";
import type { Call } from "./calls.ts";

/** One in the folder. */
export interface SiteFile {
  readonly name: string;
  readonly input: string | Response;
}

export interface Site {
  /** Each is got from the server when it is asked for. */
  readonly files: AsyncIterable<SiteFile>;
  readonly count: number;
  /** Assets that the story names and that are gone: without them it plays on, and shows nothing there. */
  readonly missing: number;
}

/** Assets that one call answers. */
const assetsAtOnce = 200;
const FileNames = z.array(z.string().regex(/^(?:[\w-]+\/)*[\w.-]+$/));

/** `get`: of an address of the server. Rejects where the version is gone, or the player's files are not to be had. */
export const siteOf = async (
  call: Call,
  get: (path: string) => Promise<Response>,
  { title, versionId }: { readonly title: string; readonly versionId: string },
): Promise<Site> => {
  const ok = async (path: string): Promise<Response> => {
    const response = await get(path);
    if (!response.ok) throw new Error(`${path.split("?")[0]} could not be loaded: the server answered ${response.status}. Try again.`);
    return response;
  };
  const names = FileNames.parse(await (await ok("/play/files.json")).json());
  const { story } = await call("scenes.version", { id: versionId });
  const named = [...shownAssetsIn(story)];
  const assets: Array<Asset> = [];
  for (let at = 0; at < named.length; at += assetsAtOnce) {
    try {
      assets.push(...(await call("assets.many", { ids: named.slice(at, at + assetsAtOnce) })).assets);
    } catch (error) {
      // None of them is there.
      if (!(error instanceof CallError && error.code === "not_found")) throw error;
    }
  }
  const { files, missing } = exportOf({ title, version: versionId, story }, assets);
  const all = async function* (): AsyncGenerator<SiteFile> {
    for (const name of names) {
      const response = await ok(`/play/${name}`);
      yield { name, input: name === "index.html" ? exportedPage(await response.text()) : response };
    }
    // By it the player keeps its own files in the browser.
    yield { name: "files.json", input: JSON.stringify(names) };
    for (const file of files) yield { name: file.name, input: "text" in file ? file.text : await ok(file.url) };
  };
  return { files: all(), count: names.length + 1 + files.length, missing };
};
