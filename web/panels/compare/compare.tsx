// The Compare panel: two to four videos on one clock, with what differs between them, side by side or one laid over the other.
import Columns from "lucide-solid/icons/columns-2";
import Maximize from "lucide-solid/icons/maximize";
import Repeat from "lucide-solid/icons/repeat";
import Volume from "lucide-solid/icons/volume-2";
import VolumeOff from "lucide-solid/icons/volume-x";
import Wipe from "lucide-solid/icons/square-split-horizontal";
import { createEffect, createMemo, createResource, createSignal, For, Match, on, onMount, Show, Switch, type Component } from "solid-js";
import type { Job } from "#protocol/job.ts";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { framesIn, shuttle, timeOfFrame } from "#web/panels/asset/frames.ts";
import { onPlayerKey, PlayerBar } from "#web/panels/asset/player-bar.tsx";
import { createPlayerChoices } from "#web/panels/asset/player-choices.ts";
import { readFields } from "#web/panels/generate/schema.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Select } from "#web/ui/choice.tsx";
import { onElementSize } from "#web/ui/element-size.ts";
import { FailedState } from "#web/ui/failed-state.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import type { ActsOf, compareKeys, playerKeys } from "#web/ui/place-keys.ts";
import { columnsFor } from "./columns.ts";
import { compareAssets, mostCompared } from "./open.ts";
import { differences } from "./differences.ts";
import { Divider } from "./divider.tsx";
import { createSync } from "./sync.ts";
import { Tile } from "./tile.tsx";
import "./compare.css";

const none: ReadonlyArray<string> = [];
const paces = ["0.25", "0.5", "1", "2"] as const;
type Pace = (typeof paces)[number];

const ComparePanel: Component<PanelProps<"compare">> = (props) => {
  const { assets, client } = useWorkspace();
  const asked = createMemo(() => [...new Set(props.params.assetIds ?? none)].slice(0, mostCompared), none, {
    equals: (a, b) => a.length === b.length && a.every((id, at) => id === b[at]),
  });
  const [loaded, { refetch }] = createResource(
    () => (asked().length === 0 ? null : asked()),
    async (ids) => {
      const found = await client.call("assets.many", { ids: [...ids] });
      assets.put(found.assets);
      return true;
    },
  );
  /** What is gone, or is no video, is left out. */
  const ids = createMemo(() => asked().filter((id) => assets.row(id)?.mediaType === "video"), none, {
    equals: (a, b) => a.length === b.length && a.every((id, at) => id === b[at]),
  });
  return (
    <Switch
      fallback={
        <EmptyState
          icon={Columns}
          title={asked().length === 0 ? "Nothing is compared" : "These videos are gone"}
          actions={<Button onClick={() => openPanel("gallery", {})}>Open the gallery</Button>}
        >
          Choose two to four videos in the gallery, or jobs that have made one, and press C: they play here in sync.
        </EmptyState>
      }
    >
      <Match when={ids().length > 0}>
        <Comparison ids={ids()} visible={props.visible()} onTakeOut={(id) => compareAssets(ids().filter((each) => each !== id))} />
      </Match>
      <Match when={loaded.error}>
        <FailedState title="The videos could not be loaded" problem={sentenceOf(loaded.error)} onRetry={() => void refetch()} />
      </Match>
      <Match when={loaded.loading}>
        <div class="compare-loading" aria-label="Loading the videos" aria-busy="true">
          <For each={asked()}>{() => <Skeleton class="compare-skeleton" />}</For>
        </div>
      </Match>
    </Switch>
  );
};

export default ComparePanel;

interface ComparisonProps {
  readonly ids: ReadonlyArray<string>;
  readonly visible: boolean;
  readonly onTakeOut: (id: string) => void;
}

const Comparison: Component<ComparisonProps> = (props) => {
  const { assets, preferences, providers } = useWorkspace();
  providers.ensure();
  const [choices, choose] = createPlayerChoices(preferences);
  const sync = createSync(() => choices().loop);
  const [pace, setPace] = createSignal<Pace>("1");
  const [laid, setLaid] = createSignal(false);
  const [split, setSplit] = createSignal(0.5);
  /** The one that is heard; undefined: the first that has sound. */
  const [heard, setHeard] = createSignal<string>();
  const jobs = createJobs(() => props.ids);
  const [room, setRoom] = createSignal({ width: 0, height: 0 });
  let root: HTMLDivElement | undefined;
  let stage: HTMLDivElement | undefined;

  const rows = createMemo(() => props.ids.flatMap((id) => assets.row(id) ?? []));
  const withSound = createMemo(() => rows().flatMap(({ id, audioCodec }) => (audioCodec === null ? [] : [id])));
  const sounding = () => {
    const wanted = heard();
    return choices().muted ? null : wanted !== undefined && withSound().includes(wanted) ? wanted : (withSound()[0] ?? null);
  };
  const hear = (id: string | null) => {
    if (id === null) {
      choose({ muted: true });
    } else if (withSound().includes(id)) {
      setHeard(id);
      choose({ muted: false });
    }
  };
  onMount(() => {
    const view = stage;
    if (view !== undefined) {
      onElementSize(view, () => setRoom({ width: view.clientWidth, height: view.clientHeight }));
    }
  });
  const columns = () => columnsFor(rows().length, room(), Math.max(...rows().map(({ width, height }) => width / height), 0.1));
  const isLaid = () => laid() && props.ids.length === 2;
  const differing = createMemo(() =>
    differences(
      rows().map((asset) => {
        const job = jobs(asset.id);
        return {
          asset,
          job,
          providerTitle: job === null ? null : providers.title(job.provider),
          titles: job === null ? [] : readFields(providers.operation(job.provider, job.operation)?.params ?? {}),
        };
      }),
      (id) => assets.row(id)?.name ?? id,
    ),
  );
  createEffect(() => !props.visible && sync.run(0));
  // The clock starts anew with others.
  createEffect(
    on(
      () => props.ids,
      () => sync.run(0),
      { defer: true },
    ),
  );

  const toggle = () => sync.run(sync.speed() === 0 ? Number(pace()) : 0);
  const onKeyDown = (event: KeyboardEvent) => {
    const hearOf = (at: number) => () => hear(props.ids[at] ?? null);
    const acts: ActsOf<typeof playerKeys> & ActsOf<typeof compareKeys> = {
      " ": toggle,
      ",": () => sync.stepFrames(-1),
      ".": () => sync.stepFrames(1),
      ArrowLeft: () => sync.stepFrames(event.shiftKey ? -10 : -1),
      ArrowRight: () => sync.stepFrames(event.shiftKey ? 10 : 1),
      Home: () => sync.seek(0),
      End: () => sync.seek(timeOfFrame(sync.timing(), framesIn(sync.timing()))),
      j: () => sync.run(shuttle(sync.speed(), "j")),
      k: toggle,
      l: () => sync.run(shuttle(sync.speed(), "l")),
      m: () => choose({ muted: !choices().muted }),
      r: () => choose({ loop: !choices().loop }),
      f: () => void root?.requestFullscreen(),
      w: () => props.ids.length === 2 && setLaid(!laid()),
      "1": hearOf(0),
      "2": hearOf(1),
      "3": hearOf(2),
      "4": hearOf(3),
    };
    onPlayerKey(event, acts);
  };

  return (
    <div class="compare" role="group" aria-label="Comparison" tabIndex={-1} onKeyDown={onKeyDown} ref={(element) => (root = element)}>
      <div
        class="compare-stage"
        ref={(element) => (stage = element)}
        data-laid={isLaid() ? "" : undefined}
        data-waits={sync.gathering() ? "" : undefined}
        style={{ "--split": `${split() * 100}%`, "--columns": columns() }}
      >
        <For each={props.ids}>
          {(id, index) => (
            <Show when={assets.row(id)}>
              {(asset) => (
                <Tile
                  asset={asset()}
                  place={index()}
                  differing={differing()[index()] ?? []}
                  sync={sync}
                  heard={sounding() === id}
                  onHear={() => hear(sounding() === id ? null : id)}
                  onToggle={toggle}
                  onTakeOut={() => props.onTakeOut(id)}
                />
              )}
            </Show>
          )}
        </For>
        <Show when={isLaid()}>
          <Divider at={split()} onMove={setSplit} />
        </Show>
        <p class="compare-waits" role="status">
          {sync.gathering() ? "Waiting until all are ready" : ""}
        </p>
      </div>
      <PlayerBar
        timing={sync.timing()}
        time={sync.place()}
        speed={sync.speed()}
        sprite={rows()[0]?.urls.sprite ?? null}
        onSeek={(seconds) => {
          sync.run(0);
          sync.seek(seconds);
        }}
        onToggle={toggle}
        onStep={sync.stepFrames}
      >
        <Select
          size="s"
          label="Speed"
          hideLabel
          value={pace()}
          onChange={(value) => {
            setPace(value);
            if (sync.speed() > 0) {
              sync.run(Number(value));
            }
          }}
          options={paces.map((value) => ({ value, label: `${value}×` }))}
        />
        <Show when={props.ids.length === 2}>
          <IconButton
            size="s"
            label={laid() ? "Side by side" : "Lay one over the other"}
            keys="W"
            icon={laid() ? Columns : Wipe}
            onClick={() => setLaid(!laid())}
          />
        </Show>
        <IconButton
          size="s"
          label="Loop"
          keys="R"
          icon={Repeat}
          pressed={choices().loop}
          onClick={() => choose({ loop: !choices().loop })}
        />
        <Show when={withSound().length > 0}>
          <IconButton
            size="s"
            label={choices().muted ? "Sound on" : "Mute"}
            keys="M"
            icon={choices().muted ? VolumeOff : Volume}
            onClick={() => choose({ muted: !choices().muted })}
          />
        </Show>
        <IconButton size="s" label="Full screen" keys="F" icon={Maximize} onClick={() => void root?.requestFullscreen()} />
      </PlayerBar>
    </div>
  );
};

/** The jobs that made these assets; null for what has none. */
const createJobs = (ids: () => ReadonlyArray<string>): ((assetId: string) => Job | null) => {
  const { client, jobs, assets } = useWorkspace();
  const jobIdOf = (assetId: string): string | null => {
    const origin = assets.row(assetId)?.origin;
    return origin?.kind === "generation" ? origin.jobId : null;
  };
  createEffect(() => {
    for (const id of ids()) {
      const jobId = jobIdOf(id);
      if (jobId !== null && jobs.peek(jobId) === undefined) {
        // One that is gone has nothing to tell: its asset is compared by what is known of itself.
        client.call("jobs.get", { id: jobId }).then(
          (job) => jobs.put([job]),
          () => undefined,
        );
      }
    }
  });
  return (assetId) => {
    const jobId = jobIdOf(assetId);
    return jobId === null ? null : (jobs.row(jobId) ?? null);
  };
};
