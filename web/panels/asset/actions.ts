// What can be done to one asset or many: trash, restore, mark, rename, keep a frame, hand to the form. Says what happened, with the way back.
import type { Asset } from "#protocol/asset.ts";
import type { Operation } from "#protocol/job.ts";
import { openPanel } from "#web/dock/panel.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { chunks } from "#web/store/chunks.ts";
import { newKey } from "#protocol/client/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import type { Workspace } from "#web/store/workspace.ts";
import { formatCount } from "#web/ui/format.ts";
import { toast } from "#web/ui/toast.tsx";
import { notYet } from "./source.ts";

type Reach = Pick<Workspace, "client" | "assets">;

/** The most that one call takes. */
const atOnce = 500;

/** One problem is said in one toast, whatever was tried. */
const orSay = async (title: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    toast(title, { tone: "bad", detail: sentenceOf(error) });
  }
};

/** The words for one by name, or for how many. */
const named = ({ assets }: Reach, ids: ReadonlyArray<string>): string => {
  const only = ids.length === 1 ? assets.peek(ids[0] ?? "") : undefined;
  return only === undefined ? formatCount(ids.length, "asset") : `“${only.name}”`;
};

/** Shows the assets as they will be while the work is under way, and as they were where it fails. */
const assuming = async (
  { assets }: Reach,
  ids: ReadonlyArray<string>,
  change: Partial<Pick<Asset, "name" | "favourite" | "deletedAt">>,
  work: () => Promise<void>,
): Promise<void> => {
  const takeBack = assets.assume(ids, change);
  try {
    await work();
  } catch (error) {
    takeBack();
    throw error;
  }
};

/** Moves assets to the trash, from where a press brings them back. */
export const trashAssets = (reach: Reach, ids: ReadonlyArray<string>): Promise<void> =>
  orSay("The assets could not be moved to the trash", async () => {
    await assuming(reach, ids, { deletedAt: Date.now() }, async () => {
      for (const chunk of chunks(ids, atOnce)) {
        await reach.client.call("assets.delete", { ids: [...chunk] }, { key: newKey() });
      }
    });
    toast(`${named(reach, ids)} moved to the trash`, { action: { label: "Undo", onSelect: () => void restoreAssets(reach, ids) } });
  });

export const restoreAssets = (reach: Reach, ids: ReadonlyArray<string>): Promise<void> =>
  orSay("The assets could not be brought back", async () => {
    await assuming(reach, ids, { deletedAt: null }, async () => {
      for (const chunk of chunks(ids, atOnce)) {
        await reach.client.call("assets.restore", { ids: [...chunk] }, { key: newKey() });
      }
    });
    toast(`${named(reach, ids)} brought back`, { tone: "ok" });
  });

/** Marks all of them, or unmarks all where all are marked already. */
export const toggleFavourites = (reach: Reach, ids: ReadonlyArray<string>): Promise<void> =>
  orSay("The mark could not be changed", async () => {
    const { client, assets } = reach;
    const favourite = !ids.every((id) => assets.peek(id)?.favourite === true);
    const changing = ids.filter((id) => assets.peek(id)?.favourite !== favourite);
    await assuming(reach, changing, { favourite }, async () => {
      for (const chunk of chunks(changing, 20)) {
        assets.put(await Promise.all(chunk.map((id) => client.call("assets.update", { id, favourite }, { key: newKey() }))));
      }
    });
  });

export const renameAsset = (reach: Reach, id: string, name: string): Promise<void> =>
  orSay("The name could not be changed", () =>
    assuming(reach, [id], { name }, async () => {
      reach.assets.put([await reach.client.call("assets.update", { id, name }, { key: newKey() })]);
    }),
  );

/** Keeps the frame at a time of a video as an image. */
export const captureFrame = ({ client, assets }: Reach, id: string, timeMs: number): Promise<void> =>
  orSay("The frame could not be kept", async () => {
    const frame = await client.call("assets.captureFrame", { id, timeMs }, { key: newKey() });
    assets.put([frame]);
    toast("The frame is in the gallery", {
      tone: "ok",
      detail: frame.name,
      action: { label: "Open", onSelect: () => openPanel("asset", { assetId: frame.id }) },
    });
  });

/** Makes assets inputs of what is generated next, and shows the form. */
export const sendToForm = (
  { draft }: Pick<Workspace, "draft">,
  assets: ReadonlyArray<Asset>,
  options: { readonly operation?: Operation; readonly timeMs?: number } = {},
): void => {
  for (const asset of assets) {
    draft.useAsset(asset, options);
  }
  openPanel("generate", {});
};

const extensions: Readonly<Record<string, string>> = {
  "video/mp4": "mp4",
  "video/webm": "webm",
  "video/quicktime": "mov",
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/webp": "webp",
  "image/avif": "avif",
  "image/gif": "gif",
};

/** A name under which a file can be kept on any system, with the extension of its type. */
export const fileNameOf = ({ name, mime }: Pick<Asset, "name" | "mime">): string => {
  const extension = extensions[mime] ?? mime.split("/")[1] ?? "bin";
  const bare = name
    .replace(/[\\/:*?"<>|\p{Cc}\s]+/gu, " ")
    .slice(0, 120)
    .replace(/^ +|[. ]+$/g, "");
  return bare.toLowerCase().endsWith(`.${extension}`) ? bare : `${bare === "" ? "asset" : bare}.${extension}`;
};

/** Saves the original under its name. URLs expire, so a fresh one is asked for. */
export const downloadAsset = ({ client, assets }: Reach, id: string): Promise<void> =>
  orSay("The file could not be downloaded", async () => {
    const asset = await client.call("assets.get", { id });
    assets.put([asset]);
    const { original } = asset.urls;
    if (original === undefined) throw new CallError("unavailable", notYet);
    const link = document.createElement("a");
    link.href = original;
    link.download = fileNameOf(asset);
    link.click();
  });
