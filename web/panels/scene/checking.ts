// The problems of a scene while it is edited: checked beside the page once the edits have rested, with the drafts of the scenes that it calls.
import { batch, createEffect, createMemo, createSignal, on, onCleanup, untrack, type Accessor } from "solid-js";
import type { KnownAsset } from "#protocol/scene/check/check.ts";
import type { Problem } from "#protocol/scene/check/problem.ts";
import { mediaIn } from "#protocol/scene/file.ts";
import type { SceneBody, Story, StoryScene } from "#protocol/scene/scene.ts";
import type { AssetsStore } from "#web/store/assets.ts";
import type { Client } from "#web/store/client.ts";
import { debounced } from "#web/store/debounced.ts";
import type { Background } from "./background.ts";
import type { SceneStore } from "./scene-store.ts";

export interface Checking {
  readonly problems: Accessor<ReadonlyArray<Problem>>;
  /** The drafts of this scene, as it is here, and of those that it calls. */
  readonly story: () => Story;
  readonly bodyOf: (scene: string) => SceneBody | undefined;
  /** Whether it is there, and not shared with who edits. */
  readonly isHidden: (scene: string) => boolean;
}

const restMs = 250;

const calledIn = ({ nodes }: SceneBody): string =>
  [...new Set(nodes.flatMap((node) => (node.type === "scene_call" && node.scene !== null ? [node.scene] : [])))].sort().join(" ");

export const createChecking = (id: string, store: SceneStore, client: Client, assets: AssetsStore, background: Background): Checking => {
  const [problems, setProblems] = createSignal<ReadonlyArray<Problem>>([]);
  const [others, setOthers] = createSignal<ReadonlyArray<StoryScene>>([]);
  const [hidden, setHidden] = createSignal<ReadonlySet<string>>(new Set());
  const called = createMemo(() => calledIn(store.body()));
  let closed = false;
  onCleanup(() => (closed = true));
  createEffect(
    on([called, () => store.state().kind], ([now, state]) => {
      if (now === "" || state !== "ready") return;
      // The draft that the server has calls the others as soon as the edit is there: those that are missing come with the next change.
      client.call("scenes.story", { id }).then(
        (got) => {
          if (closed) return;
          batch(() => {
            setOthers(got.story.scenes.filter((scene) => scene.id !== id));
            setHidden(new Set(got.hidden));
          });
        },
        // Without them the checker says that they are not there, which then is so.
        () => undefined,
      );
    }),
  );
  const story = (): Story => ({ entry: id, scenes: [{ id, title: store.scene()?.title ?? "", body: store.body() }, ...others()] });

  const rested = debounced(store.body, restMs);
  const known = createMemo(() => {
    const found = new Map<string, KnownAsset>();
    for (const media of [rested(), ...others().map(({ body }) => body)].flatMap(mediaIn)) {
      if (media.kind === "missing") continue;
      assets.ensure(media.assetId);
      // What is not known here may only not have come yet: the server says so when it is published.
      const suiting = { mediaType: media.kind === "still" ? ("image" as const) : ("video" as const), durationMs: null };
      const { mediaType, durationMs } = assets.row(media.assetId) ?? suiting;
      found.set(media.assetId, { mediaType, durationMs });
    }
    return found;
  });
  let last = 0;
  createEffect(
    on([known, hidden], ([assetsNow, hiddenNow]) => {
      if (untrack(store.state).kind !== "ready") return;
      last += 1;
      const mine = last;
      background.check({ story: story(), assets: assetsNow, hidden: hiddenNow }).then(
        (found) => mine === last && !closed && setProblems(found.filter(({ scene }) => scene === id)),
        // It was closed, or has stopped: the problems stay those that were found last.
        () => undefined,
      );
    }),
  );
  return {
    problems,
    story,
    isHidden: (scene) => hidden().has(scene),
    bodyOf: (scene) => (scene === id ? store.body() : others().find((other) => other.id === scene)?.body),
  };
};
