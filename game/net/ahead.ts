// A playthrough on a server that this page runs ahead of: inputs take effect here at once by the same evaluator, and what the server
// says is taken over whenever it says it. In whatever order that comes, in the end both have the same state. Pure.
import type { PlayInput, PlayOutput, PlayState } from "#protocol/scene/play/state.ts";
import { stepPlay } from "#protocol/scene/play/step.ts";
import type { Story } from "#protocol/scene/scene.ts";
import type { PlayChange, Refusal } from "./source.ts";

/** A state as the server has it. */
export interface Told {
  /** Grows with whatever changes it. */
  readonly revision: number;
  readonly state: PlayState;
}

/** An input that the server has not said anything about. */
interface Pending {
  readonly id: number;
  readonly input: PlayInput;
  /** Here, after it. */
  readonly state: PlayState;
  /** The revision that the server has made of it; null: not known yet. */
  readonly revision: number | null;
}

export interface Ahead {
  readonly story: Story;
  readonly told: Told;
  readonly pending: ReadonlyArray<Pending>;
  /** Of the next input. */
  readonly nextId: number;
}

export const aheadOf = (story: Story, told: Told): Ahead => ({ story, told, pending: [], nextId: 1 });

/** As the player has it. */
export const shownIn = ({ told, pending }: Ahead): PlayState => pending.at(-1)?.state ?? told.state;

type Taken =
  | { readonly ok: true; readonly ahead: Ahead; readonly id: number; readonly outputs: ReadonlyArray<PlayOutput> }
  | { readonly ok: false; readonly refusal: Refusal };

export const takeInput = (ahead: Ahead, input: PlayInput): Taken => {
  const next = stepPlay(ahead.story, shownIn(ahead), input);
  if (!next.ok) return next;
  const { nextId: id } = ahead;
  return {
    ok: true,
    id,
    outputs: next.outputs,
    ahead: { ...ahead, pending: [...ahead.pending, { id, input, state: next.state, revision: null }], nextId: id + 1 },
  };
};

interface Followed {
  readonly ahead: Ahead;
  /** Null: what is shown stays as it is. */
  readonly change: PlayChange | null;
}

/** Key order is no difference: the server may have stored the state as JSON of its own order. */
const ordered = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** What was generated meanwhile comes without a turn. */
const sameRun = (a: PlayState, b: PlayState): boolean =>
  JSON.stringify({ ...a, generated: {} }, ordered) === JSON.stringify({ ...b, generated: {} }, ordered);

/** Takes over what the server says. What is older than what is known already changes nothing. */
export const hear = (ahead: Ahead, told: Told): Followed => {
  if (told.revision <= ahead.told.revision) return { ahead, change: null };
  const { turn } = told.state;
  const before = shownIn(ahead);
  // Where this page was when it was that turn.
  const mine = turn === ahead.told.state.turn ? ahead.told.state : ahead.pending.find(({ state }) => state.turn === turn)?.state;
  const asExpected = mine !== undefined && sameRun(mine, told.state);
  const left = asExpected ? ahead.pending.filter(({ state }) => state.turn > turn) : [];
  return settled({ ...ahead, told, pending: left }, before);
};

/** The server has taken an input: it is in whatever it says from this revision on, or was undone since. */
export const accept = (ahead: Ahead, id: number, revision: number): Followed =>
  settled({ ...ahead, pending: ahead.pending.map((one) => (one.id === id ? { ...one, revision } : one)) }, shownIn(ahead));

/** Plays on from what the server says with what it has not heard yet. `before`: what was shown. */
const settled = (ahead: Ahead, before: PlayState): Followed => {
  const pending: Array<Pending> = [];
  let { state } = ahead.told;
  for (const one of ahead.pending) {
    if (one.revision !== null && one.revision <= ahead.told.revision) continue;
    const next = stepPlay(ahead.story, state, one.input);
    if (!next.ok) break;
    state = next.state;
    pending.push({ ...one, state });
  }
  const jumped = !sameRun(before, state);
  const isNews = jumped || Object.keys(state.generated).some((key) => before.generated[key] !== state.generated[key]);
  return { ahead: { ...ahead, pending }, change: isNews ? { state, outputs: [], jumped } : null };
};

/** The server has refused an input: neither it nor what was built on it has happened. */
export const refuse = (ahead: Ahead, id: number): Followed => {
  const at = ahead.pending.findIndex((one) => one.id === id);
  if (at === -1) return { ahead, change: null };
  const next: Ahead = { ...ahead, pending: ahead.pending.slice(0, at) };
  return { ahead: next, change: { state: shownIn(next), outputs: [], jumped: true } };
};
