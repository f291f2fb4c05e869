// One playthrough without a host, for tests: the real machine with the host's own bookkeeping of effects. Whoever holds it is the player and
// the clock; what inputs do, the evaluator decides as the server has it decide.
import type { PlayInput, PlayState } from "#protocol/scene/play/state.ts";
import { startPlay } from "#protocol/scene/play/step.ts";
import type { Story } from "#protocol/scene/scene.ts";
import { applyHostStep, applyStep, makeKind, makeResident, type PendingStep, type Resident } from "#runtime/actor/resident.ts";
import { placeIn, type SessionContext, type SessionEvent, type Unattended } from "./context.ts";
import { decide, hurryOf } from "./decide.ts";
import { sessionMachine, sessionMachineVersion } from "./machine.ts";

export const sessionKind = makeKind({
  kind: "session",
  version: sessionMachineVersion,
  machine: sessionMachine,
  effects: {},
  owner: () => "usr_1",
});

const start = 1_000_000_000_000;
/** Between two things that happen, ms. */
const tick = 1000;

export class SessionLife {
  now = start;
  readonly resident: Resident;
  readonly #story: Story;

  constructor(story: Story) {
    const begun = startPlay(story, { seed: 7 });
    if (!begun.ok) throw new Error(begun.refusal.message);
    this.#story = story;
    const order = { id: "ply_1", versionId: "scv_1", sceneId: "scn_1", title: "A story", seed: 7, parameters: {} };
    const hurry = hurryOf(story, begun.state);
    const input = { order, ownerId: "usr_1", language: "en", timers: "normal", play: begun.state, hurry, at: this.now };
    const step = sessionKind.stepper.initial(input);
    this.resident = { ...makeResident(sessionKind, 0, "session/ply_1", this.now), snapshot: step.snapshot };
    applyStep(this.resident, { type: "xstate.init", input }, this.now, step, null, null);
  }

  get context(): SessionContext {
    return this.resident.snapshot.context as unknown as SessionContext;
  }
  get steps(): ReadonlyArray<PendingStep> {
    return this.resident.dirty?.steps ?? [];
  }

  #step(event: { readonly type: string; readonly [more: string]: unknown }, finished: string | null): this {
    this.now += tick;
    const stamped = { ...event, at: this.now };
    applyStep(this.resident, stamped, this.now, sessionKind.stepper.next(this.resident.snapshot, stamped), finished, null);
    return this;
  }
  #decided(input: PlayInput) {
    const decided = decide(this.#story, this.context.play, input);
    if (!decided.ok) throw new Error(decided.refusal.message);
    return decided.move;
  }

  send(event: SessionEvent): this {
    return this.#step({ ...event }, null);
  }
  play(inputOf: (play: PlayState) => PlayInput): this {
    const { play, moves } = this.context;
    return this.send({ type: "session.moved", base: moves, token: `t${moves}`, ...this.#decided(inputOf(play)) });
  }
  choose(edge: string): this {
    return this.play(({ turn }) => ({ type: "choose", turn, edge }));
  }
  ended(): this {
    return this.play(({ turn }) => ({ type: "ended", turn }));
  }
  rewind(place: number): this {
    const there = placeIn(
      this.steps.map(({ event }) => event),
      place,
    );
    if (there === undefined) throw new Error(`it was never at ${place}`);
    const { play, choices } = there;
    return this.send({
      type: "session.rewound",
      base: this.context.moves,
      place,
      play,
      choices,
      hurry: hurryOf(this.#story, play),
      token: `back${place}`,
    });
  }
  /** The effect under way ends with what the evaluator makes of this, or with nothing. */
  happens(effect: "timeOut" | "generate", inputOf: ((play: PlayState) => PlayInput) | null): this {
    const output: Unattended = { move: inputOf === null ? null : this.#decided(inputOf(this.context.play)) };
    return this.#step({ type: `xstate.done.actor.${effect}`, output }, effect);
  }
  fails(effect: "timeOut" | "generate"): this {
    return this.#step({ type: `xstate.error.actor.${effect}`, error: { kind: "not_found", message: "It is gone." } }, effect);
  }
  park(): this {
    applyHostStep(this.resident, { type: "host.parked", reason: "A bug." }, this.now, { parked: "A bug." });
    return this;
  }
  resume(): this {
    applyHostStep(this.resident, { type: "host.resumed" }, this.now, { parked: null });
    return this;
  }
}
