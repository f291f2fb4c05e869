// Plays the story from a node, here and with nothing kept: the evaluator is the one that players and the server run. Shows the state and how it
// came to it.
import RotateCcw from "lucide-solid/icons/rotate-ccw";
import Undo from "lucide-solid/icons/undo-2";
import { createEffect, createMemo, createSignal, For, on, onCleanup, Show, type Accessor, type Component } from "solid-js";
import { shownWhole } from "#protocol/scene/exported.ts";
import type { Story } from "#protocol/scene/scene.ts";
import type { PlayInput, PlayState } from "#protocol/scene/play/state.ts";
import { viewPlay, type PlayView, type ViewedMedia } from "#protocol/scene/play/view.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { Facts } from "#web/ui/facts.tsx";
import { Part } from "./pickers.tsx";
import { createPlay, endingWords } from "./play.ts";
import { gameTitles } from "./words.ts";

interface PreviewProps {
  /** The drafts as they are now: an edit is seen at once. */
  readonly story: () => Story;
  /** Where it begins; another one begins anew. */
  readonly from: string | null;
  readonly language: string;
  readonly onNode: (node: string) => void;
}

export const Preview: Component<PreviewProps> = (props) => {
  const play = createPlay(
    () => props.story(),
    () => props.from,
  );
  const view = createMemo(() => {
    const now = play.state();
    return now === null ? undefined : viewPlay(play.story(), now, props.language);
  });
  const node = createMemo(() => view()?.node);
  createEffect(on(node, (node) => node !== undefined && view()?.scene === play.story().entry && props.onNode(node), { defer: true }));
  return (
    <div class="scene-preview">
      <div class="scene-buttons">
        <Button size="s" icon={RotateCcw} onClick={play.restart}>
          From the beginning
        </Button>
        <Button size="s" icon={Undo} disabled={play.inputs().length === 0} onClick={play.back}>
          A step back
        </Button>
      </div>
      <Show when={play.refusal()}>
        {(why) => (
          <p class="scene-refusal" role="alert">
            {why()}
          </p>
        )}
      </Show>
      <Show when={view()} fallback={<p class="scene-hint">Nothing can be played yet: the scene has no start.</p>}>
        {(now) => <Stage view={now()} send={play.send} state={play.state} />}
      </Show>
      <Show when={play.state()}>{(state) => <StateTable state={state()} />}</Show>
      <Part title="What happened">
        <ol class="scene-log">
          <For each={play.log().slice(-60).toReversed()}>{(line) => <li>{line}</li>}</For>
        </ol>
      </Part>
    </div>
  );
};

/** What stands in for the player until one is mounted here: the clip, the words, and what can be done. */
const Stage: Component<{
  readonly view: PlayView;
  readonly send: (input: PlayInput) => void;
  readonly state: Accessor<PlayState | null>;
}> = (props) => {
  const turn = () => props.view.turn;
  const waiting = () => props.state()?.waiting.for;
  return (
    <section class="scene-stage" aria-label="Preview">
      <Show when={props.view.media[0]} keyed={false}>
        {(media) => (
          <Clip
            turn={turn()}
            media={media()}
            more={props.view.media.slice(1)}
            onEnded={() => props.send({ type: "ended", turn: turn() })}
          />
        )}
      </Show>
      <Show when={props.view.caption}>
        <p>{props.view.caption}</p>
      </Show>
      <Show when={props.view.prompt}>
        <p>
          <strong>{props.view.prompt}</strong>
        </p>
      </Show>
      <div class="scene-choices">
        <For each={props.view.choices}>
          {(choice) => (
            <Button
              size="s"
              tone={choice.chosen ? "primary" : "neutral"}
              disabled={!choice.open}
              onClick={() => props.send({ type: "choose", turn: turn(), edge: choice.edge })}
            >
              {choice.text === "" ? "…" : choice.text}
            </Button>
          )}
        </For>
        <Show when={waiting() === "media"}>
          <Button size="s" onClick={() => props.send({ type: "ended", turn: turn() })}>
            To the end of the clip
          </Button>
        </Show>
        <Show when={props.view.timeoutMs !== null}>
          <Button size="s" onClick={() => props.send({ type: "timeout", turn: turn() })}>
            Let the time run out
          </Button>
        </Show>
        <Show when={props.view.game}>
          {(game) => (
            <>
              <span class="muted">{gameTitles[game().game.game]}:</span>
              <Button size="s" onClick={() => props.send({ type: "minigame", turn: turn(), score: game().needed, durationMs: 600_000 })}>
                Reach {game().needed}
              </Button>
              <Button size="s" onClick={() => props.send({ type: "minigame", turn: turn(), score: 0, durationMs: 600_000 })}>
                Reach 0
              </Button>
              <Show when={game().skippable}>
                <Button size="s" onClick={() => props.send({ type: "skip", turn: turn() })}>
                  Skip
                </Button>
              </Show>
            </>
          )}
        </Show>
        <Show when={generationKey(props.state())}>
          {(key) => (
            <Button size="s" onClick={() => props.send({ type: "generationFailed", key: key() })}>
              Go on without the generated clip
            </Button>
          )}
        </Show>
      </div>
      <Show when={props.view.ending}>
        {(ending) => (
          <p>
            <strong>{endingWords(ending())}</strong>
          </p>
        )}
      </Show>
    </section>
  );
};

const generationKey = (state: PlayState | null): string | null => (state?.waiting.for === "generation" ? state.waiting.key : null);

const Clip: Component<{
  readonly turn: number;
  readonly media: ViewedMedia;
  readonly more: ReadonlyArray<ViewedMedia>;
  readonly onEnded: () => void;
}> = (props) => {
  const { assets } = useWorkspace();
  const [at, setAt] = createSignal(0);
  createEffect(
    on(
      () => props.media,
      () => setAt(0),
    ),
  );
  const now = () => (at() === 0 ? props.media : props.more[at() - 1]) ?? props.media;
  const id = () => {
    const media = now();
    return media.kind === "missing" || media.kind === "placeholder" ? null : media.assetId;
  };
  createEffect(() => {
    const wanted = id();
    if (wanted !== null) assets.ensure(wanted);
  });
  const src = () => {
    const asset = assets.row(id() ?? "");
    const media = now();
    // Who edits may see it as it is until something is made of it.
    const url = asset && (shownWhole(asset) ?? asset.urls.original);
    return url === undefined || media.kind !== "clip" ? url : `${url}#t=${media.startMs / 1000},${media.endMs / 1000}`;
  };
  let done = false;
  const next = () => {
    if (done) return;
    done = true;
    if (at() < props.more.length) setAt((place) => place + 1);
    else props.onEnded();
  };
  const still = createMemo(
    () => {
      const media = now();
      return media.kind === "still" ? { turn: props.turn, at: at(), assetId: media.assetId, durationMs: media.durationMs } : null;
    },
    null,
    // The same picture in another turn is shown for its time once more.
    { equals: (a, b) => a?.turn === b?.turn && a?.at === b?.at && a?.assetId === b?.assetId && a?.durationMs === b?.durationMs },
  );
  createEffect(() => {
    const shown = still();
    if (shown === null) return;
    done = false;
    const timer = setTimeout(next, shown.durationMs);
    onCleanup(() => clearTimeout(timer));
  });
  return (
    <Show
      when={src()}
      keyed
      fallback={
        <p class="scene-hint">{now().kind === "placeholder" ? (now() as { readonly text: string }).text : "The clip is not here."}</p>
      }
    >
      {(url) => {
        if (still() !== null) return <img src={url} alt="" />;
        done = false;
        return (
          <video
            src={url}
            autoplay
            muted
            playsinline
            onEnded={next}
            onTimeUpdate={(event) => {
              const media = now();
              if (media.kind === "clip" && event.currentTarget.currentTime * 1000 >= media.endMs) next();
            }}
          />
        );
      }}
    </Show>
  );
};

const StateTable: Component<{ readonly state: PlayState }> = (props) => {
  const facts = () => {
    const { variables, flags, counters, items, relationships, quests, minutes, frames } = props.state;
    const entries = (record: Readonly<Record<string, unknown>>, prefix = "") =>
      Object.entries(record).map(([name, value]) => ({
        name: `${prefix}${name}`,
        value: typeof value === "string" ? value : JSON.stringify(value),
      }));
    return [
      ...entries(variables, "$"),
      ...frames.flatMap(({ locals }) => entries(locals, "$")),
      ...entries(flags, "flag "),
      ...entries(counters, "counter "),
      ...entries(items, "item "),
      ...Object.entries(relationships).map(([name, axes]) => ({
        name,
        value: Object.entries(axes)
          .map(([axis, value]) => `${axis} ${value}`)
          .join(", "),
      })),
      ...Object.entries(quests).map(([name, { status }]) => ({ name: `quest ${name}`, value: status })),
      ...(minutes === 0 ? [] : [{ name: "time", value: `${minutes} min` }]),
    ];
  };
  return (
    <Part title="State">
      <Show when={facts().length > 0} fallback={<p class="scene-hint">Everything is as it was declared.</p>}>
        <Facts facts={facts()} />
      </Show>
    </Part>
  );
};
