// What holds this user's jobs back, live: everywhere or at one provider, by themselves or by an administrator for everybody.
import { createSignal, type Accessor } from "solid-js";
import type { Pause } from "#protocol/account.ts";
import type { Client } from "./client.ts";
import { createFollowing, type Following } from "./following.ts";

/** By place; one that was resumed stays, so that what comes late does not bring it back. */
type Places = ReadonlyMap<string, Pause>;

const placeOf = ({ everybody, provider }: Pick<Pause, "everybody" | "provider">): string => JSON.stringify([everybody, provider]);

const taken = (known: Places, pauses: ReadonlyArray<Pause>): Places => {
  const next = new Map(known);
  for (const pause of pauses) {
    if (pause.rev >= (known.get(placeOf(pause))?.rev ?? 0)) {
      next.set(placeOf(pause), pause);
    }
  }
  return next;
};

export interface PausesStore extends Following {
  /** Since when jobs are held back in just this place, ms; null: they are not. */
  readonly since: (everybody: boolean, provider: string | null) => number | null;
  /** Something holds jobs back somewhere. */
  readonly any: Accessor<boolean>;
  /** The places in which jobs are held back: another text with each that begins or ends. */
  readonly held: Accessor<string>;
  /** Takes in what a call has answered. */
  readonly put: (pause: Pause) => void;
}

export const createPausesStore = (client: Client): PausesStore => {
  const [places, setPlaces] = createSignal<Places>(new Map());
  const take = (pauses: ReadonlyArray<Pause>) => setPlaces((known) => taken(known, pauses));
  const following = createFollowing((error) =>
    client.follow(
      "accounts.pauses",
      {},
      {
        // What it does not name is in force no more.
        snapshot: ({ pauses }) => setPlaces(taken(new Map(), pauses)),
        deltas: take,
        error,
      },
    ),
  );
  return {
    ...following,
    since: (everybody, provider) => places().get(placeOf({ everybody, provider }))?.since ?? null,
    any: () => [...places().values()].some(({ since }) => since !== null),
    held: () => JSON.stringify([...places()].flatMap(([place, { since }]) => (since === null ? [] : place)).sort()),
    put: (pause) => take([pause]),
  };
};
