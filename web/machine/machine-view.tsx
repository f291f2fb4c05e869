// The drawing of a machine with what its actor does: the state it is in is lit, the way it took is tinted, the transition just taken is
// drawn once, what it can no longer reach steps back. Still while nothing happens.
import { createMemo, createSignal, createUniqueId, For, Show, type Component } from "solid-js";
import type { Tone } from "#web/ui/feedback.tsx";
import type { Size } from "#web/ui/pan-zoom.ts";
import { tip } from "#web/ui/tooltip.tsx";
import { ZoomPane } from "#web/ui/zoom-pane.tsx";
import { leavesOf, placesOf, reachableFrom, type MachineGraph, type Place } from "./graph.ts";
import { fitScale, layOut } from "./layout.ts";
import type { PlacedEdge, PlacedState } from "./shape.ts";
import { waysFrom, type Trail } from "./trail.ts";
import { edgeLabel, fitText, sentenceCase, spaced, wayLabel } from "./words.ts";
import "./machine.css";

interface MachineViewProps {
  readonly graph: MachineGraph;
  /** The state value to show. */
  readonly value: unknown;
  readonly trail: Trail;
  /** What the drawing is of, for screen readers. */
  readonly label: string;
  /** Words of a state; its name in words where nothing is said. */
  readonly nameOf?: (place: Place) => string;
  readonly toneOf?: (place: Place) => Tone;
  /** A few letters behind the name: the time spent there. */
  readonly noteOf?: (place: Place) => string | null;
}

const plainName = ({ name }: Place): string => sentenceCase(spaced(name));
/** Width of a letter of the words at edges in machine.css, px. */
const edgeLetter = 4.75;
/** Between the strokes of several transitions in one step, ms. */
const strokeEveryMs = 140;

export const MachineView: Component<MachineViewProps> = (props) => {
  const arrows = createUniqueId();
  const arrow = (kind: (typeof kinds)[number]): string => `url(#${arrows}-${kind})`;
  const [pane, setPane] = createSignal<Size>({ width: 420, height: 480 });
  const [hovered, setHovered] = createSignal<string | null>(null);
  const nameOf = (place: Place) => (props.nameOf ?? plainName)(place);
  const layout = createMemo(() => {
    const down = layOut(props.graph, "down", nameOf);
    const right = layOut(props.graph, "right", nameOf);
    return { down, right };
  });
  const shown = createMemo(() => {
    const { down, right } = layout();
    return fitScale(right, pane()) > fitScale(down, pane()) ? right : down;
  });

  const current = createMemo(() => placesOf(props.value));
  const leaves = createMemo(() => new Set(leavesOf(props.value)));
  const reachable = createMemo(() => reachableFrom(props.graph, current()));
  const placeNamed = (name: string) => props.graph.places.find((place) => place.name === name);
  const words = (name: string): string => {
    const place = placeNamed(name);
    return place === undefined ? name : nameOf(place);
  };

  /** The state whose ways are shown with their words. */
  const focus = () => hovered() ?? current()[0] ?? null;
  const edgeById = createMemo(() => new Map(shown().edges.map((edge) => [edge.id, edge])));
  const edges = (ids: Iterable<string>) => [...ids].flatMap((id) => edgeById().get(id) ?? []);
  const walked = createMemo(() => edges(props.trail.edges));
  const open = createMemo(() => shown().edges.filter(({ from }) => from === focus()));
  const incoming = createMemo(() => shown().edges.filter(({ to }) => to === hovered()));
  const taken = createMemo(() => props.trail.taken.flatMap((id) => edgeById().get(id) ?? []));
  /** New for each step, so that its strokes are drawn anew. */
  const strokes = createMemo(() => taken().map((edge, index) => ({ edge, index, at: props.trail.movedAt })));
  const labelled = createMemo(() => {
    const wanted = new Set([...open(), ...(hovered() === null ? taken() : [])]);
    return shown().edges.filter((edge) => edge.straight || wanted.has(edge));
  });
  const isOpen = (edge: PlacedEdge) => edge.from === focus();

  const waysTo = (edge: PlacedEdge): string => {
    const ways = props.graph.edges.find(({ id }) => id === edge.id)?.ways ?? [];
    const lines = [...new Set(ways.map(wayLabel))].map((line) => `· ${line}`);
    return `${words(edge.from)} → ${words(edge.to)}\n${lines.join("\n")}`;
  };

  const aboutState = (place: Place): string => {
    const to = props.graph.edges.filter(({ from }) => from === place.name).map((edge) => words(edge.to));
    const about = place.description ?? (place.kind === "final" ? "It ends here" : nameOf(place));
    return to.length === 0 ? `${about}.` : `${about}. Leads to ${to.join(", ")}.`;
  };
  const summary = createMemo(() => {
    const now = current().map((name) => {
      const parts = [...leaves()].filter((leaf) => leaf.startsWith(`${name}.`)).map((leaf) => spaced(leaf.slice(name.length + 1)));
      return parts.length === 0 ? words(name) : `${words(name)} (${parts.join(", ")})`;
    });
    const ways = waysFrom(props.graph, props.value).map(
      ({ to, ways: few }) => `${words(to)}: ${[...new Set(few.map(wayLabel))].join(" or ")}`,
    );
    return `Now in ${now.join(" and ")}. ${ways.length === 0 ? "It has ended here." : `From here it can go to ${ways.join("; ")}.`}`;
  });
  return (
    <figure class="machine">
      <ZoomPane content={shown()} label={props.label} fitMost={1.2} most={3} wheel="withCtrl" onSize={setPane}>
        <svg class="machine-drawing" width={shown().width} height={shown().height} aria-hidden="true">
          <Arrows prefix={arrows} />
          <Show when={shown().ends}>
            {(box) => (
              <g class="machine-ends">
                <rect x={box().x} y={box().y} width={box().width} height={box().height} rx={10} />
                <text x={box().x + 10} y={box().y + (shown().direction === "down" ? 14 : box().height / 2 + 4)}>
                  Ends
                </text>
              </g>
            )}
          </Show>
          <g class="machine-edges">
            <For each={shown().edges}>{(edge) => <path d={edge.path} marker-end={arrow("plain")} />}</For>
          </g>
          <g class="machine-edges" data-kind="in">
            <For each={incoming()}>{(edge) => <path d={edge.path} marker-end={arrow("in")} />}</For>
          </g>
          <g class="machine-edges" data-kind="open">
            <For each={open()}>
              {(edge) => (
                <path d={edge.path} marker-end={arrow("open")}>
                  <title>{waysTo(edge)}</title>
                </path>
              )}
            </For>
          </g>
          <g class="machine-edges" data-kind="walked">
            <For each={walked()}>{(edge) => <path d={edge.path} marker-end={arrow("walked")} />}</For>
          </g>
          <g class="machine-edges" data-kind="taken">
            <For each={strokes()}>
              {({ edge, index }) => (
                <path
                  d={edge.path}
                  pathLength={1}
                  marker-end={arrow("walked")}
                  style={{ "animation-delay": `${index * strokeEveryMs}ms` }}
                />
              )}
            </For>
          </g>
          <Show when={shown().states.find(({ place }) => place.name === props.graph.initial)}>
            {(first) => <StartMark state={first()} down={shown().direction === "down"} head={arrow("plain")} />}
          </Show>
          <For each={shown().states}>
            {(state) => (
              <StateBox
                state={state}
                name={nameOf(state.place)}
                tone={(props.toneOf ?? toneOfPlace)(state.place)}
                note={props.noteOf?.(state.place) ?? null}
                visits={props.trail.visits.get(state.place.name) ?? 0}
                current={current().includes(state.place.name)}
                reachable={reachable().has(state.place.name)}
                leaves={leaves()}
                about={aboutState(state.place)}
                onHover={(over) => setHovered(over ? state.place.name : null)}
              />
            )}
          </For>
          <For each={labelled()}>
            {(edge) => (
              <EdgeWords
                edge={edge}
                text={edgeLabel(props.graph.edges.find(({ id }) => id === edge.id)?.ways ?? [])}
                title={waysTo(edge)}
                twoLines={shown().direction === "right" && edge.straight}
                strong={isOpen(edge)}
              />
            )}
          </For>
        </svg>
      </ZoomPane>
      <figcaption class="visually-hidden" aria-live="polite">
        {summary()}
      </figcaption>
    </figure>
  );
};

const toneOfPlace = (place: Place): Tone => (place.kind === "final" ? "neutral" : "active");

const kinds = ["plain", "in", "open", "walked"] as const;

/** Heads of the edges; each drawing has its own. */
const Arrows: Component<{ readonly prefix: string }> = (props) => (
  <defs>
    <For each={kinds}>
      {(kind) => (
        <marker
          id={`${props.prefix}-${kind}`}
          class="machine-arrow"
          data-kind={kind}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          markerUnits="userSpaceOnUse"
          orient="auto-start-reverse"
        >
          <path d="M0.5 0.8 7.5 4 0.5 7.2Z" />
        </marker>
      )}
    </For>
  </defs>
);

const StartMark: Component<{ readonly state: PlacedState; readonly down: boolean; readonly head: string }> = (props) => {
  const at = () =>
    props.down
      ? { x: props.state.x + props.state.width / 2, y: props.state.y - 15, dx: 0, dy: 15 }
      : { x: props.state.x - 15, y: props.state.y + props.state.height / 2, dx: 15, dy: 0 };
  return (
    <g class="machine-start">
      <circle cx={at().x} cy={at().y} r={3.5} />
      <path d={`M${at().x} ${at().y}l${at().dx} ${at().dy}`} marker-end={props.head} />
    </g>
  );
};

interface StateBoxProps {
  readonly state: PlacedState;
  readonly name: string;
  readonly tone: Tone;
  readonly note: string | null;
  readonly visits: number;
  readonly current: boolean;
  readonly reachable: boolean;
  readonly leaves: ReadonlySet<string>;
  /** What it is and where it leads. */
  readonly about: string;
  readonly onHover: (over: boolean) => void;
}

const StateBox: Component<StateBoxProps> = (props) => {
  const box = () => props.state;
  /** The line of the name. */
  const line = () => box().y + 15;
  return (
    <g
      class="machine-state"
      {...tip(props.about)}
      data-tone={props.tone}
      data-current={props.current ? "" : undefined}
      data-visited={props.visits > 0 ? "" : undefined}
      data-dim={!props.current && !props.reachable && props.visits === 0 ? "" : undefined}
      onPointerEnter={() => props.onHover(true)}
      onPointerLeave={() => props.onHover(false)}
    >
      <Show when={props.current}>
        <rect class="machine-halo" x={box().x - 3} y={box().y - 3} width={box().width + 6} height={box().height + 6} rx={11} />
      </Show>
      <rect class="machine-box" x={box().x} y={box().y} width={box().width} height={box().height} rx={8} />
      <Show when={box().place.kind === "final"}>
        <rect class="machine-inner" x={box().x + 2.5} y={box().y + 2.5} width={box().width - 5} height={box().height - 5} rx={6} />
      </Show>
      <Show
        when={props.visits > 0 && !props.current}
        fallback={<circle class="machine-mark" cx={box().x + 14} cy={line()} r={props.current ? 4 : 3} />}
      >
        <path class="machine-tick" d={`M${box().x + 10.5} ${line() + 0.2}l2.6 2.8 4.6-5.4`} />
      </Show>
      <text class="machine-name" x={box().x + 25} y={line() + 4.2}>
        {props.name}
        <Show when={props.visits > 1}>
          <tspan class="machine-visits" dx={5}>
            ×{props.visits}
          </tspan>
        </Show>
      </text>
      <Show when={props.note}>
        <text class="machine-note" x={box().x + box().width - 9} y={line() + 4} text-anchor="end">
          {props.note}
        </text>
      </Show>
      <For each={box().parts}>
        {(part) => (
          <g class="machine-part" data-current={props.leaves.has(part.path) ? "" : undefined}>
            <rect x={part.x} y={part.y} width={part.width} height={part.height} rx={part.height / 2} />
            <text x={part.x + part.width / 2} y={part.y + part.height / 2 + 3.4} text-anchor="middle">
              {spaced(part.name)}
            </text>
          </g>
        )}
      </For>
    </g>
  );
};

interface EdgeWordsProps {
  readonly edge: PlacedEdge;
  readonly text: string;
  readonly title: string;
  readonly twoLines: boolean;
  readonly strong: boolean;
}

const EdgeWords: Component<EdgeWordsProps> = (props) => {
  const place = () => props.edge.label;
  const split = () => {
    const at = props.text.lastIndexOf(" ");
    return at < 0 ? [props.text, ""] : [props.text.slice(0, at), props.text.slice(at + 1)];
  };
  const fit = (text: string) => fitText(text, Math.floor(place().width / edgeLetter));
  return (
    <g class="machine-words" data-strong={props.strong ? "" : undefined}>
      <title>{props.title}</title>
      <Show
        when={props.twoLines}
        fallback={
          <text x={place().x} y={place().y} text-anchor={place().anchor}>
            {fit(props.text)}
          </text>
        }
      >
        <text x={place().x} y={place().y - 6} text-anchor={place().anchor}>
          {fit(split()[0] ?? "")}
        </text>
        <text x={place().x} y={place().y + 13} text-anchor={place().anchor}>
          {fit(split()[1] ?? "")}
        </text>
      </Show>
    </g>
  );
};
