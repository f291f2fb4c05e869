// Files on their way to the server, a few at a time. They stand outside of the panels, so that closing one stops none.
import { createSignal, onCleanup, type Accessor } from "solid-js";
import type { Asset, MediaType } from "#protocol/asset.ts";
import { toast } from "#web/ui/toast.tsx";
import type { AssetsStore } from "./assets.ts";
import type { Client } from "./client.ts";
import { keptUploads } from "./kept-uploads.ts";
import { sentenceOf } from "./problem.ts";

/** Files that are sent at the same time; the others wait. */
const mostAtOnce = 3;

export interface Upload {
  readonly id: number;
  /** Who gave the file, to be found again: a panel, or a slot of a form. */
  readonly place: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes that the server has; null while it waits for its turn. */
  readonly stored: Accessor<number | null>;
  readonly cancel: () => void;
}

interface UploadOptions {
  readonly place: string;
  readonly accepts: ReadonlyArray<MediaType>;
  /** What takes the files, as a person reads it: `The gallery`. */
  readonly taker: string;
  /** The most files that are taken; the rest is refused with a word. */
  readonly most: number;
  /** Told of each asset as it comes. */
  readonly onAsset?: (asset: Asset) => void;
}

export interface UploadsStore {
  /** All that have not ended, oldest first. */
  readonly list: Accessor<ReadonlyArray<Upload>>;
  readonly add: (files: ReadonlyArray<File>, options: UploadOptions) => void;
}

const kindOf = (file: File): string => file.type.split("/")[0] ?? "";

export const createUploads = (client: Client, assets: Pick<AssetsStore, "put">, userId: string): UploadsStore => {
  const kept = keptUploads(userId, Date.now);
  const [cutOff, ...more] = kept.cutOff();
  if (cutOff !== undefined) {
    toast(more.length === 0 ? `“${cutOff}” was not sent whole` : `${more.length + 1} files were not sent whole`, {
      tone: "warn",
      detail: "Choose the same files again to go on: what has come is not sent again.",
      stayMs: null,
    });
  }
  const [list, setList] = createSignal<ReadonlyArray<Upload>>([]);
  const waiting: Array<() => Promise<void>> = [];
  let sending = 0;
  let lastId = 0;
  onCleanup(() => list().forEach((upload) => upload.cancel()));

  const next = () => {
    const send = sending < mostAtOnce ? waiting.shift() : undefined;
    if (send !== undefined) {
      sending += 1;
      void send().finally(() => {
        sending -= 1;
        next();
      });
    }
  };

  const begin = (file: File, { place, onAsset }: UploadOptions) => {
    lastId += 1;
    const id = lastId;
    const stop = new AbortController();
    const [stored, setStored] = createSignal<number | null>(null);
    const gone = () => setList((now) => now.filter((each) => each.id !== id));
    stop.signal.addEventListener("abort", gone);
    setList((now) => [...now, { id, place, name: file.name, size: file.size, stored, cancel: () => stop.abort() }]);
    waiting.push(async () => {
      if (stop.signal.aborted) {
        return;
      }
      setStored(0);
      const before = kept.take(file);
      let uploadId = before;
      const opened = (now: string) => {
        // The one before may be gone.
        if (uploadId !== undefined && uploadId !== now) {
          kept.forget(uploadId);
        }
        uploadId = now;
        kept.keep(file, now);
      };
      try {
        const asset = await client.upload(file, {
          name: file.name,
          uploadId: before,
          opened,
          signal: stop.signal,
          progress: setStored,
        });
        assets.put([asset]);
        onAsset?.(asset);
      } catch (error) {
        if (!stop.signal.aborted) {
          toast(`“${file.name}” could not be uploaded`, { tone: "bad", detail: sentenceOf(error) });
        }
      } finally {
        if (uploadId !== undefined) {
          kept.forget(uploadId);
        }
        gone();
      }
    });
    next();
  };

  return {
    list,
    add: (files, options) => {
      const { accepts, most, taker } = options;
      // Where the browser knows no type, the server looks into the bytes.
      const fitting = files.filter((file) => file.type === "" || accepts.some((kind) => kind === kindOf(file)));
      if (fitting.length < files.length) {
        toast("Some files were left out", { tone: "warn", detail: `${taker} takes ${accepts.join(" or ")} files.` });
      }
      if (fitting.length > most) {
        toast(`Only the first ${most} files are taken`, { tone: "warn" });
      }
      for (const file of fitting.slice(0, most)) {
        begin(file, options);
      }
    },
  };
};
