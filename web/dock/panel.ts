// Panels: what one is, and how any part of the workspace opens one. The dock (or the phone's single view) does the opening.
import type { Accessor, Component } from "solid-js";
import type { Icon } from "#web/ui/button.tsx";

/** What each panel is opened with. Kept in the saved layout: small and JSON. */
export interface PanelParams {
  readonly generate: Record<string, never>;
  readonly jobs: Record<string, never>;
  readonly queue: { /** The one that is meant: opened. */ readonly jobId?: string };
  readonly gallery: Record<string, never>;
  readonly job: { readonly jobId?: string; /** Another one: what was asked differently is shown. */ readonly against?: string };
  readonly asset: { readonly assetId?: string; readonly timeMs?: number };
  readonly compare: { /** Videos, two to four. */ readonly assetIds?: ReadonlyArray<string> };
  readonly accounts: { /** The one that is meant: brought into view. */ readonly provider?: string };
  readonly spend: Record<string, never>;
  readonly limits: Record<string, never>;
  readonly prompts: {
    /** The one that is meant: chosen. */ readonly promptId?: string;
    /** Of its versions; left out: the newest. */ readonly versionId?: string;
  };
  readonly scenes: Record<string, never>;
  readonly scene: { readonly sceneId?: string };
}
export type PanelId = keyof PanelParams;

export interface PanelProps<K extends PanelId> {
  /** Changes when the panel is opened again with others; never destructure. */
  readonly params: PanelParams[K];
  /** False while it stands behind another tab or the page is hidden: stop what costs. */
  readonly visible: Accessor<boolean>;
  readonly setTitle: (title: string) => void;
}

export interface PanelSpec<K extends PanelId = PanelId> {
  readonly id: K;
  readonly title: string;
  /** Where there is little room; the title if it is left out. */
  readonly shortTitle?: string;
  readonly icon: Icon;
  /** Loaded when it is first shown. */
  readonly load: () => Promise<{ readonly default: Component<PanelProps<K>> }>;
  /** Column where it opens when it is not in the layout. */
  readonly column: "left" | "middle" | "right";
  /** Not in the layout that one begins with: it shows what another panel hands to it, or what is looked at seldom. */
  readonly onDemand?: true;
  /** Key that shows it: `g` then this one. */
  readonly key: string;
}

export const definePanel = <K extends PanelId>(spec: PanelSpec<K>): PanelSpec<K> => spec;

export interface OpenOptions {
  /** Beside the one that is open instead of in its place. */
  readonly another?: boolean;
  /** Leaves the focus where it is. */
  readonly inBackground?: boolean;
}

type Opener = <K extends PanelId>(id: K, params: PanelParams[K], options: OpenOptions) => void;

let opener: Opener | null = null;

/** Called by whichever view stands; answers how to withdraw. */
export const setOpener = (next: Opener): (() => void) => {
  opener = next;
  return () => {
    if (opener === next) {
      opener = null;
    }
  };
};

/** What the keys of a panel act on, where it has one. */
const focusFirst = "[role=listbox], video";

/** Moves the focus into the panel of this kind that is in view: to its list or player, or to itself, from where Tab leads into it. */
export const focusPanel = (id: PanelId): void => {
  // It may be shown in this very moment.
  requestAnimationFrame(() => {
    const shown = [...document.querySelectorAll<HTMLElement>(`.panel[data-panel=${id}]`)].find((panel) => panel.checkVisibility());
    (shown?.querySelector<HTMLElement>(focusFirst) ?? shown)?.focus();
  });
};

/** Moves the focus to the panel around an element. */
export const focusPanelOf = (element: Element): void => element.closest<HTMLElement>(".panel")?.focus();

/** Shows a panel: the one in the layout gets the params in place of those it had, or a new one opens in its column. With none it shows what it did. */
export const openPanel = <K extends PanelId>(id: K, params: PanelParams[K], options: OpenOptions = {}): void => {
  opener?.(id, params, options);
};
