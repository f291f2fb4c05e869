// Assets and files into the form: an asset goes into the slot for which it was given, a file once it is uploaded.
import { onCleanup } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import type { InputRole } from "#protocol/job.ts";
import { droppedAssets } from "#web/store/drag.ts";
import type { Upload } from "#web/store/uploads.ts";
import type { Workspace } from "#web/store/workspace.ts";
import { toast } from "#web/ui/toast.tsx";
import type { Form } from "./form.ts";
import type { InputSlot } from "./inputs.ts";

/** Files taken at once. */
const mostAtOnce = 16;

export interface FormIntake {
  /** Uploads that are on their way into a slot. */
  readonly uploading: (role: InputRole) => ReadonlyArray<Upload>;
  /** Without a slot: into the operation that takes such a file. */
  readonly add: (files: ReadonlyArray<File>, slot: InputSlot | undefined) => void;
  /** Puts an asset into the form, or says why not. */
  readonly use: (asset: Asset, role: InputRole | undefined) => void;
  /** The same with the assets that a drag has brought. */
  readonly useDropped: (event: DragEvent, role: InputRole | undefined) => void;
}

const placeOf = (role: InputRole | undefined): string => `generate.${role ?? "any"}`;

export const createFormIntake = ({ uploads, assets }: Pick<Workspace, "uploads" | "assets">, form: Form): FormIntake => {
  let stands = true;
  onCleanup(() => (stands = false));

  const use: FormIntake["use"] = (asset, role) => {
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

  return {
    use,
    useDropped: (event, role) => {
      for (const id of droppedAssets(event)) {
        const asset = assets.peek(id);
        if (asset !== undefined) {
          use(asset, role);
        }
      }
    },
    uploading: (role) => uploads.list().filter(({ place }) => place === placeOf(role)),
    add: (files, slot) =>
      uploads.add(files, {
        place: placeOf(slot?.role),
        accepts: slot?.accepts ?? ["image", "video"],
        taker: slot?.title ?? "This form",
        most: mostAtOnce,
        // A form that is gone takes nothing; the asset is in the gallery.
        onAsset: (asset) => stands && use(asset, slot?.role),
      }),
  };
};
