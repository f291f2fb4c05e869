// The bar that narrows the gallery: by kind, where it came from, favourites, trash, words; and how large pictures are shown. Kept
// for the user, but for the trash.
import Star from "lucide-solid/icons/star";
import Trash from "lucide-solid/icons/trash";
import Upload from "lucide-solid/icons/upload";
import { createMemo, createSignal, For, Show, type Accessor, type Component } from "solid-js";
import * as z from "zod";
import { isAllAssets, type AssetsFilter } from "#web/store/assets.ts";
import { debounced } from "#web/store/debounced.ts";
import type { Preferences } from "#web/store/preferences.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Select } from "#web/ui/choice.tsx";
import { SearchField } from "#web/ui/search-field.tsx";

/** Typing rests this long before it is searched for, ms. */
const searchAfterMs = 250;
const key = "gallery";

/** Heights of a row, px. */
export const sizes = { least: 72, usual: 150, most: 340 };

const Kept = z.object({
  kind: z.enum(["all", "video", "image"]).catch("all"),
  origin: z.enum(["any", "generation", "upload", "frame"]).catch("any"),
  favourite: z.boolean().catch(false),
  size: z.number().min(sizes.least).max(sizes.most).catch(sizes.usual),
});
type Kept = z.infer<typeof Kept>;
const nothingLeftOut = { kind: "all", origin: "any", favourite: false } as const;
const usual: Kept = { ...nothingLeftOut, size: sizes.usual };

export interface GalleryView {
  readonly filter: Accessor<AssetsFilter>;
  readonly isFiltered: () => boolean;
  readonly kept: Accessor<Kept>;
  readonly keep: (change: Partial<Kept>) => void;
  readonly inTrash: Accessor<boolean>;
  readonly setInTrash: (inTrash: boolean) => void;
  readonly typed: Accessor<string>;
  readonly setTyped: (text: string) => void;
  readonly clear: () => void;
}

export const createView = (preferences: Preferences): GalleryView => {
  const preferred = createMemo(() => Kept.catch(usual).parse(preferences.get(key) ?? usual));
  /** What narrows the trash: chosen anew each time, for somebody looks there for what is missing elsewhere. Null: outside of it. */
  const [trash, setTrash] = createSignal<Omit<Kept, "size"> | null>(null);
  const kept = createMemo((): Kept => ({ ...preferred(), ...trash() }));
  const keep: GalleryView["keep"] = (change) => {
    const { size, ...rest } = { ...kept(), ...change };
    if (trash() === null) {
      preferences.set(key, { ...rest, size });
    } else {
      setTrash(rest);
      preferences.set(key, { ...preferred(), size });
    }
  };
  const inTrash = () => trash() !== null;
  const [typed, setTyped] = createSignal("");
  const search = debounced(typed, searchAfterMs);
  const filter = createMemo(
    (): AssetsFilter => {
      const { kind, origin, favourite } = kept();
      return {
        mediaType: kind === "all" ? null : kind,
        origin: origin === "any" ? null : origin,
        favourite,
        search: search(),
        deleted: inTrash(),
      };
    },
    undefined,
    // Another size is no other filter.
    { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) },
  );
  return {
    filter,
    isFiltered: () => !isAllAssets({ ...filter(), deleted: false }),
    kept,
    keep,
    inTrash,
    setInTrash: (next) => void setTrash(next ? nothingLeftOut : null),
    typed,
    setTyped,
    clear: () => {
      keep(nothingLeftOut);
      setTyped("");
    },
  };
};

const kinds = [
  { value: "all", label: "All" },
  { value: "video", label: "Videos" },
  { value: "image", label: "Images" },
] as const;

export const FilterBar: Component<{
  readonly view: GalleryView;
  /** Null while it is not known. */
  readonly count: number | null;
  readonly onUpload: () => void;
}> = (props) => (
  <div class="panel-bar gallery-filters">
    <div class="filter-groups" role="group" aria-label="Assets by kind">
      <For each={kinds}>
        {({ value, label }) => (
          <button type="button" aria-pressed={props.view.kept().kind === value} onClick={() => props.view.keep({ kind: value })}>
            {label}
            <Show when={value === "all" ? props.count : null}>
              {(count) => <span class="filter-count">{count().toLocaleString("en")}</span>}
            </Show>
          </button>
        )}
      </For>
      <IconButton
        size="s"
        label="Favourites only"
        icon={Star}
        pressed={props.view.kept().favourite}
        onClick={() => props.view.keep({ favourite: !props.view.kept().favourite })}
      />
      <IconButton
        size="s"
        label="Trash"
        icon={Trash}
        pressed={props.view.inTrash()}
        onClick={() => props.view.setInTrash(!props.view.inTrash())}
      />
    </div>
    <div class="gallery-find">
      <Select
        label="Where it came from"
        hideLabel
        size="s"
        value={props.view.kept().origin}
        onChange={(origin) => props.view.keep({ origin })}
        options={[
          { value: "any", label: "From anywhere" },
          { value: "generation", label: "Generated" },
          { value: "upload", label: "Uploaded" },
          { value: "frame", label: "Kept frames" },
        ]}
      />
      <SearchField
        size="s"
        label="Search assets by name or prompt"
        placeholder="Search names and prompts"
        value={props.view.typed()}
        onInput={props.view.setTyped}
      />
      <input
        class="ui-slider gallery-size"
        type="range"
        aria-label="Size of the pictures"
        min={sizes.least}
        max={sizes.most}
        value={props.view.kept().size}
        onInput={(event) => props.view.keep({ size: event.currentTarget.valueAsNumber })}
      />
      <Button size="s" icon={Upload} onClick={() => props.onUpload()}>
        Upload
      </Button>
    </div>
  </div>
);
