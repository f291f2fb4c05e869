// Places of a list of which only what is in view exists. What goes out of view leaves its place, with all elements in it, to what comes in:
// scrolling changes words and pictures, and makes next to no elements. Of a view that is scrolled away in one frame, making them anew was most
// of the work.
import { batch, createMemo, createSignal, type Accessor } from "solid-js";

export interface Place {
  readonly id: Accessor<string>;
  /** In the whole list, from 0. */
  readonly index: Accessor<number>;
}

interface Held extends Place {
  readonly show: (id: string, index: number) => void;
  shown: string;
}

const makePlace = (first: string, at: number): Held => {
  const [id, setId] = createSignal(first);
  const [index, setIndex] = createSignal(at);
  const place: Held = {
    id,
    index,
    shown: first,
    show: (next, to) => {
      place.shown = next;
      setId(next);
      setIndex(to);
    },
  };
  return place;
};

export interface InView {
  readonly ids: ReadonlyArray<string>;
  /** Where the first of them stands in the whole list. */
  readonly first: number;
}

/** A place for each id in view, in their order. What stays in view keeps its place, so that whatever it has going on goes on. */
export const createPlaces = (inView: Accessor<InView>): Accessor<ReadonlyArray<Place>> =>
  createMemo((before: ReadonlyArray<Held>): ReadonlyArray<Held> => {
    const { ids, first } = inView();
    const wanted = new Set(ids);
    const staying = new Map(before.filter(({ shown }) => wanted.has(shown)).map((place) => [place.shown, place]));
    const free = before.filter(({ shown }) => !wanted.has(shown)).values();
    return batch(() =>
      ids.map((id, at) => {
        const place = staying.get(id) ?? free.next().value ?? makePlace(id, first + at);
        place.show(id, first + at);
        return place;
      }),
    );
  }, []);
