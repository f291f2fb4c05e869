// What stands before a story where there is no room for another playthrough: all that there are, one of which is deleted or gone on with.
import { createResource, createSignal, For, Show } from "solid-js";
import { isNoRoom, type Kept, type NoRoom } from "../net/no-room.ts";
import type { PlaySource } from "../net/source.ts";
import { sentenceOf } from "../words/catalogue.ts";
import { useSpeech } from "../words/speech.tsx";
import { createAttempts, ProblemLine } from "./attempts.tsx";
import { Deletion, focusAfter, momentOf, Place, standing } from "./places.tsx";

export const NoRoomFor = (props: { readonly full: NoRoom; readonly begun: (source: PlaySource) => void }) => {
  const { room } = props.full;
  const speech = useSpeech();
  const words = () => speech().words.noRoom;
  const why = () => sentenceOf(props.full, speech().words);
  const [all, { mutate, refetch }] = createResource<ReadonlyArray<Kept>>(room.kept);
  const kept = (): ReadonlyArray<Kept> => (all.error === undefined ? (all.latest ?? []) : []);
  const { busy, problem, attempt } = createAttempts();
  const [said, setSaid] = createSignal("");
  const [hasRoom, setHasRoom] = createSignal(false);
  let gate!: HTMLElement;
  let starter!: HTMLButtonElement;
  const nameOf = (one: Kept): string => `${one.title}, ${standing(one, speech())}, ${momentOf(one.at, speech())}`;
  const drop = async (one: Kept): Promise<void> => {
    if (busy()) return;
    setSaid("");
    const row = kept().indexOf(one);
    await attempt(async () => {
      await room.drop(one.id);
      mutate((before) => before?.filter(({ id }) => id !== one.id));
      setSaid(speech().words.places.deleted(nameOf(one)));
      setHasRoom(true);
    });
    focusAfter(gate, row, starter);
  };
  const begin = async (): Promise<void> => {
    try {
      props.begun(await room.begin());
    } catch (error) {
      if (isNoRoom(error)) {
        // A button that cannot be pressed keeps no focus.
        starter.blur();
        setHasRoom(false);
      }
      // Another page took the place: there are others to delete than those that were here.
      void Promise.resolve(refetch()).then(() => focusAfter(gate, 0, starter));
      throw error;
    }
  };
  return (
    <main class="theatre">
      <section class="gate" aria-labelledby="title" ref={(section) => (gate = section)}>
        <p class="unseen" role="status">
          {said()}
        </p>
        <h1 id="title">{hasRoom() ? words().again : words().none}</h1>
        <Show when={!hasRoom() && problem() !== why()}>
          <p class="muted">{why()}</p>
        </Show>
        <button
          type="button"
          class="choice start"
          disabled={!hasRoom()}
          aria-disabled={busy()}
          ref={(button) => (starter = button)}
          onClick={() => void attempt(begin)}
        >
          {words().begin}
        </button>
        <ProblemLine problem={problem()} />
        <Show when={all.error !== undefined}>
          <ProblemLine problem={words().unread} />
          <button type="button" class="plain" onClick={() => void refetch()}>
            {speech().words.tryAgain}
          </button>
        </Show>
        <Show when={kept().length > 0}>
          <div class="before all">
            <section aria-label={speech().words.gate.playedBefore}>
              <h2>{speech().words.gate.playedBefore}</h2>
              <ul>
                <For each={kept()}>
                  {(one) => (
                    <Place
                      name={`${one.title}: ${standing(one, speech())}`}
                      at={one.at}
                      disabled={one.resume === null}
                      busy={busy()}
                      go={() => {
                        if (!busy()) one.resume?.();
                      }}
                    >
                      <Deletion name={nameOf(one)} busy={busy()} go={() => void drop(one)} />
                    </Place>
                  )}
                </For>
              </ul>
            </section>
          </div>
        </Show>
      </section>
    </main>
  );
};
