// Files on their way into the form: each is uploaded, becomes an asset, and goes into the slot for which it was given.
import { createSignal, onCleanup, type Accessor } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import type { InputRole } from "#protocol/job.ts";
import { sentenceOf } from "#web/store/problem.ts";
import type { Workspace } from "#web/store/workspace.ts";
import { toast } from "#web/ui/toast.tsx";
import type { Form } from "./form.ts";
import type { InputSlot } from "./inputs.ts";

/** Files taken at once; the rest is refused with a word. */
const mostAtOnce = 16;

interface Upload {
  readonly id: number;
  readonly role: InputRole | undefined;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly stored: Accessor<number>;
  readonly cancel: () => void;
}

export interface Uploads {
  readonly list: Accessor<ReadonlyArray<Upload>>;
  /** Without a slot: into the operation that takes such a file. */
  readonly add: (files: ReadonlyArray<File>, slot: InputSlot | undefined) => void;
  /** Puts an asset into the form, or says why not. */
  readonly use: (asset: Asset, role: InputRole | undefined) => void;
}

const kindOf = (file: File): string => file.type.split("/")[0] ?? "";

export const createUploads = ({ client, assets }: Pick<Workspace, "client" | "assets">, form: Form): Uploads => {
  const [list, setList] = createSignal<ReadonlyArray<Upload>>([]);
  let lastId = 0;
  onCleanup(() => list().forEach((upload) => upload.cancel()));

  const use: Uploads["use"] = (asset, role) => {
    const fits =
      role === undefined ? form.take({ kind: "useAsset", assetId: asset.id, mediaType: asset.mediaType }) : form.add(asset, role);
    if (!fits) {
      const slot = form.spec()?.inputs.find((each) => each.role === role);
      toast(`“${asset.name}” does not go in here`, {
        tone: "warn",
        detail:
          slot === undefined || slot.accepts.includes(asset.mediaType)
            ? "There is no room for more."
            : `This takes ${slot.accepts.join(" or ")}s, not ${asset.mediaType}s.`,
      });
    }
  };

  const send = (file: File, role: InputRole | undefined) => {
    lastId += 1;
    const id = lastId;
    const stop = new AbortController();
    const [stored, setStored] = createSignal(0);
    setList((now) => [...now, { id, role, name: file.name, size: file.size, stored, cancel: () => stop.abort() }]);
    client
      .upload(file, { name: file.name, signal: stop.signal, progress: setStored })
      .then(
        (asset) => {
          assets.put([asset]);
          use(asset, role);
        },
        (error: unknown) => {
          if (!stop.signal.aborted) {
            toast(`“${file.name}” could not be uploaded`, { tone: "bad", detail: sentenceOf(error) });
          }
        },
      )
      .finally(() => setList((now) => now.filter((each) => each.id !== id)));
  };

  return {
    list,
    use,
    add: (files, slot) => {
      const accepts = slot?.accepts ?? ["image", "video"];
      const fitting = files.filter((file) => file.type === "" || accepts.some((kind) => kind === kindOf(file)));
      if (fitting.length < files.length) {
        toast("Some files were left out", { tone: "warn", detail: `${slot?.title ?? "This form"} takes ${accepts.join(" or ")} files.` });
      }
      if (fitting.length > mostAtOnce) {
        toast(`Only the first ${mostAtOnce} files are taken`, { tone: "warn" });
      }
      for (const file of fitting.slice(0, mostAtOnce)) {
        send(file, slot?.role);
      }
    },
  };
};
