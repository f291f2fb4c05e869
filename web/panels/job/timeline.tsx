// Every step of a job, one row each: when, what happened, where it led; opened, the event in full. Only rows in view exist, and choosing
// one travels there.
import ChevronRight from "lucide-solid/icons/chevron-right";
import Copy from "lucide-solid/icons/copy";
import Layers from "lucide-solid/icons/layers";
import { createEffect, createMemo, createSignal, createUniqueId, For, on, onMount, Show, untrack, type Component } from "solid-js";
import type { JournalEntry } from "#protocol/actor.ts";
import { placesOf } from "#web/machine/graph.ts";
import { IconButton } from "#web/ui/button.tsx";
import { copyText } from "#web/ui/copy.ts";
import { onElementSize } from "#web/ui/element-size.ts";
import { formatFull } from "#web/ui/format.ts";
import { jobStateLooks } from "#web/ui/job-state.tsx";
import { actAt, type ActsOf, type timelineKeys } from "#web/ui/place-keys.ts";
import { rowsInView } from "#web/ui/rows-in-view.ts";
import type { Travel } from "./parts.ts";
import { detailHeight, journalRows, keyOf, payloadText, rowHeight, rowOfSeq, rowTops, type JournalRow } from "./rows.ts";
import { eventDetail, eventWords, jobStateOf, preciseSpan, preciseTime, stateWords, stepDetail } from "./words.ts";

interface TimelineProps {
  readonly entries: ReadonlyArray<JournalEntry>;
  readonly travel: Travel;
}

/** Kept ready above and below the view, px. */
const spare = 120;
/** So near to the end a reader wants to see what comes, px. */
const nearEnd = 40;

const toggled = (set: ReadonlySet<number>, key: number): ReadonlySet<number> => {
  const next = new Set(set);
  if (!next.delete(key)) {
    next.add(key);
  }
  return next;
};

export const Timeline: Component<TimelineProps> = (props) => {
  const domId = createUniqueId();
  const [opened, setOpened] = createSignal<ReadonlySet<number>>(new Set());
  const [openBursts, setOpenBursts] = createSignal<ReadonlySet<number>>(new Set());
  const [top, setTop] = createSignal(0);
  const [height, setHeight] = createSignal(0);
  let host: HTMLDivElement | undefined;

  const rows = createMemo(() => journalRows(props.entries, openBursts()));
  const tops = createMemo(() => rowTops(rows(), opened()));
  const total = () => tops()[rows().length] ?? 0;
  const range = createMemo(() => rowsInView(tops(), top(), height(), spare), undefined, {
    equals: (a, b) => a.first === b.first && a.last === b.last,
  });
  const inView = createMemo(() => rows().slice(range().first, range().last));
  const current = () => props.travel.cursor() ?? props.travel.last();
  const currentRow = createMemo(() => rowOfSeq(rows(), current()));

  onMount(() => {
    const view = host;
    if (view === undefined) {
      return;
    }
    onElementSize(view, () => setHeight(view.clientHeight));
    view.scrollTop = view.scrollHeight;
  });
  const scrollTo = (index: number) => {
    const view = host;
    if (view !== undefined && index >= 0) {
      const from = tops()[index] ?? 0;
      const to = tops()[index + 1] ?? from;
      if (from < view.scrollTop) {
        view.scrollTop = from;
      } else if (to > view.scrollTop + view.clientHeight) {
        view.scrollTop = Math.min(from, to - view.clientHeight);
      }
    }
  };
  // Whoever looks at the end follows it; whoever travels sees the step.
  createEffect(
    on(total, (now, before = 0) => {
      const view = host;
      if (
        view !== undefined &&
        untrack(props.travel.cursor) === null &&
        view.scrollTop + view.clientHeight >= before - nearEnd &&
        now > before
      ) {
        view.scrollTop = now;
      }
      return now;
    }),
  );
  createEffect(on(props.travel.cursor, (cursor) => cursor !== null && scrollTo(untrack(currentRow)), { defer: true }));

  const toggle = (row: JournalRow) =>
    row.kind === "burst" ? setOpenBursts((now) => toggled(now, row.first.seq)) : setOpened((now) => toggled(now, row.entry.seq));
  const walk = (to: number) => {
    const at = Math.min(Math.max(to, 0), rows().length - 1);
    const down = to > currentRow();
    const aimed = rows()[at];
    // The row of an opened burst stands for none of its steps: the walk goes past it.
    const past = aimed?.kind === "burst" && openBursts().has(aimed.first.seq) ? at + (down ? 1 : -1) : at;
    const row = rows()[past];
    if (row !== undefined) {
      props.travel.goTo(row.kind === "burst" ? (down ? row.last.seq : row.first.seq) : row.entry.seq);
      scrollTo(past);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows()[currentRow()];
    if (event.ctrlKey || event.metaKey || event.altKey || row === undefined) {
      return;
    }
    const isOpen = row.kind === "burst" ? openBursts().has(row.first.seq) : opened().has(row.entry.seq);
    const page = Math.max(Math.floor(height() / rowHeight) - 1, 1);
    const acts: ActsOf<typeof timelineKeys> = {
      ArrowDown: () => walk(currentRow() + 1),
      ArrowUp: () => walk(currentRow() - 1),
      PageDown: () => walk(currentRow() + page),
      PageUp: () => walk(currentRow() - page),
      Home: () => walk(0),
      End: () => walk(rows().length - 1),
      Enter: () => toggle(row),
      " ": () => toggle(row),
      ArrowRight: () => !isOpen && toggle(row),
      ArrowLeft: () => {
        if (isOpen) {
          toggle(row);
        } else if (row.kind === "entry" && row.burst !== null) {
          const { burst } = row;
          setOpenBursts((now) => toggled(now, burst));
        }
      },
      Escape: props.travel.live,
    };
    const act = actAt(event, acts);
    // Where nothing is travelled, Escape is for what is around.
    if (act === undefined || (event.key === "Escape" && props.travel.cursor() === null)) {
      return;
    }
    act();
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      class="job-timeline"
      role="tree"
      aria-label="Steps of the job"
      aria-activedescendant={currentRow() < 0 ? undefined : `${domId}-${currentRow()}`}
      tabIndex={0}
      ref={(element) => (host = element)}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <div class="job-timeline-rows" style={{ height: `${total()}px` }}>
        <For each={inView()}>
          {(row, index) => {
            const place = () => range().first + index();
            const isOpen = () => (row.kind === "burst" ? openBursts().has(row.first.seq) : opened().has(row.entry.seq));
            return (
              <div
                id={`${domId}-${place()}`}
                class="job-step"
                role="treeitem"
                aria-level={row.kind === "entry" && row.burst !== null ? 2 : 1}
                aria-setsize={rows().length}
                aria-posinset={place() + 1}
                aria-selected={place() === currentRow()}
                aria-expanded={isOpen()}
                data-future={keyOf(row) > current() ? "" : undefined}
                data-inner={row.kind === "entry" && row.burst !== null ? "" : undefined}
                style={{ translate: `0 ${tops()[place()] ?? 0}px` }}
              >
                <div class="job-step-line" onClick={() => props.travel.goTo(row.kind === "burst" ? row.last.seq : row.entry.seq)}>
                  <IconButton
                    class="job-step-open"
                    size="s"
                    tabIndex={-1}
                    label={isOpen() ? "Close" : row.kind === "burst" ? "Show each" : "Show the event"}
                    icon={ChevronRight}
                    onClick={(event) => (event.stopPropagation(), toggle(row))}
                  />
                  {row.kind === "burst" ? <BurstLine row={row} /> : <EntryLine row={row} />}
                </div>
                <Show when={row.kind === "entry" && isOpen() ? row.entry : null}>{(entry) => <Payload entry={entry()} />}</Show>
              </div>
            );
          }}
        </For>
      </div>
    </div>
  );
};

const Since: Component<{ readonly ms: number | null }> = (props) => (
  <span class="job-step-since">{props.ms === null ? "" : `+${preciseSpan(props.ms)}`}</span>
);

const EntryLine: Component<{ readonly row: Extract<JournalRow, { kind: "entry" }> }> = (props) => {
  const entry = () => props.row.entry;
  const moved = () => JSON.stringify(props.row.valueBefore) !== JSON.stringify(entry().value);
  const tone = () => {
    const known = jobStateOf(placesOf(entry().value)[0] ?? "");
    return known === null ? "neutral" : jobStateLooks[known].tone;
  };
  return (
    <>
      <time class="job-step-time" dateTime={new Date(entry().at).toISOString()} title={formatFull(entry().at)}>
        {preciseTime(entry().at)}
      </time>
      <span class="job-step-words truncate" title={entry().event.type}>
        {eventWords(entry().event)}
        <Show when={stepDetail(entry())}>{(detail) => <span class="job-step-detail"> {detail()}</span>}</Show>
      </span>
      <Show when={moved()}>
        <span class="job-step-state" data-tone={tone()}>
          {stateWords(entry().value)}
        </span>
      </Show>
      <Since ms={props.row.sinceBefore} />
    </>
  );
};

const BurstLine: Component<{ readonly row: Extract<JournalRow, { kind: "burst" }> }> = (props) => (
  <>
    <time class="job-step-time" dateTime={new Date(props.row.first.at).toISOString()}>
      {preciseTime(props.row.first.at)}
    </time>
    <span class="job-step-words truncate">
      {eventWords(props.row.first.event)}
      <span class="job-step-detail">
        {" "}
        {eventDetail(props.row.first.event)} → {eventDetail(props.row.last.event)}
      </span>
    </span>
    <span class="job-step-count" title={`${props.row.count} steps in ${preciseSpan(props.row.last.at - props.row.first.at)}`}>
      <Layers size={11} aria-hidden="true" /> {props.row.count} steps
    </span>
    <Since ms={props.row.last.at - props.row.first.at} />
  </>
);

const Payload: Component<{ readonly entry: JournalEntry }> = (props) => (
  <div class="job-step-payload" style={{ height: `${detailHeight(props.entry)}px` }}>
    <pre tabIndex={-1}>{payloadText(props.entry)}</pre>
    <IconButton
      size="s"
      tabIndex={-1}
      label="Copy the event"
      icon={Copy}
      onClick={() => copyText("Event", JSON.stringify(props.entry.event, null, 2))}
    />
  </div>
);
