// The pictures: a pool of video elements of which one is shown, the others wait with what may come next. A cut turns another one on and is
// done; a piece that is not ready leaves the last picture where it is. Knows pieces, and nothing of stories.
import type { SwitchReport } from "../net/source.ts";
import { Problem } from "../words/catalogue.ts";
import type { Clip, Clips } from "./clips.ts";
import type { Cue } from "./cue.ts";
import { planPreload } from "./preload.ts";
import { Slot } from "./slot.ts";
import type { Sound } from "./sound.ts";

/** Elements in all. More of them than this, and decoders are taken from the one that is shown. */
const elements = 6;
/** Of files in memory, bytes. */
const memory = 192 * 2 ** 20;
/** Files are fetched that far ahead, ms. */
const horizonMs = 8000;
/** Of a file of which nothing is known. */
const guessedBytes = 2 * 2 ** 20;
/** Before its end a piece says that it ends, ms: until the next one is on the screen two or three frames of the display go by. */
const leadMs = 48;
/** After a cut the browser is left alone for that long, ms: what else is made ready would hold up the picture that begins to move. */
const settleMs = 120;
const stillMs = 1000;
/** A wait that is shorter is not spoken of, nor heard: the sound goes on meanwhile, ms. */
const quietMs = 180;
/** Between two frames of the display, ms: more where the page had no time. */
const longestLookMs = 50;

/** How one cut went. */
export interface Switch {
  readonly kind: SwitchReport["kind"];
  /** Whether the piece was ready when it was asked for. */
  readonly primed: boolean;
  /** From when it was asked for until it was turned on, and until it moved, ms. */
  readonly shownMs: number;
  readonly movingMs: number;
}

export interface StageEvents {
  /** The piece comes to its end: what is asked for within the call follows without a gap. */
  readonly ending: () => void;
  readonly switched: (one: Switch) => void;
  readonly waiting: (waiting: boolean) => void;
  /** Of the piece that is shown, ms from its beginning and to its end. While it plays, with each frame of the display. */
  readonly position: (ms: number, leftMs: number) => void;
  readonly failed: (cue: Cue, error: unknown) => void;
}

export interface StageWish {
  readonly cue: Cue;
  readonly likelihood: number;
}

/** The files. */
export type StageClips = Pick<Clips, "get" | "ready" | "within" | "keep" | "drop">;
export type StageSound = Pick<Sound, "cross" | "follow" | "rate">;

export class Stage {
  readonly #slots: ReadonlyArray<Slot>;
  readonly #clips: StageClips;
  readonly #sound: StageSound;
  readonly #events: StageEvents;
  #current: Slot | null = null;
  /** Made ready to be shown as soon as it is. */
  #coming: Slot | null = null;
  /** Under the current one, until that moves. */
  #outgoing: Slot | null = null;
  #turn = 0;
  #cuts = 0;
  /** A cut has just been made. */
  #settling = false;
  #wishes: () => ReadonlyArray<StageWish> = () => [];
  /** As they were last. */
  #wished: ReadonlyArray<StageWish> = [];
  /** Elements are made ready one at a time: each takes from the one that is shown. */
  #priming: Promise<void> = Promise.resolve();
  #wait: ReturnType<typeof setTimeout> | undefined;
  /** Ends the sound of the piece before, where that of the one that is shown is late. */
  #hush: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;
  #toldEnd = false;
  /** Where the picture that plays is, s, for how long, and when that was looked at, ms. */
  readonly #place = { at: 0, stoodMs: 0, seenAt: 0 };
  /** It waits for more of its file. */
  #starves = false;
  #paused = false;
  /** What is shown stands where it is until something else is. */
  #held = false;
  /** It is shown, and cannot be played any further. */
  #broken: Slot | null = null;
  #rate = 1;

  constructor(container: HTMLElement, clips: StageClips, sound: StageSound, events: StageEvents) {
    this.#slots = Array.from({ length: elements }, () => new Slot(container));
    this.#clips = clips;
    this.#sound = sound;
    this.#events = events;
  }

  get current(): Cue | null {
    return this.#current?.cue ?? null;
  }

  /** Shows a piece from its beginning: at once where it is ready, else as soon as it is. */
  show(cue: Cue, kind: Switch["kind"]): void {
    const asked = performance.now();
    const turn = ++this.#turn;
    this.#coming = null;
    this.#toldEnd = false;
    this.#held = false;
    this.#quiet();
    if (this.#stands(cue)) return this.#again(cue);
    const ready = this.#readySlot(cue);
    if (ready !== undefined) {
      // Ready from its beginning: where it ends is another matter.
      ready.cue = cue;
      return this.#cut(ready, asked, kind, true);
    }
    cancelAnimationFrame(this.#frame);
    this.#current?.element.pause();
    this.#wait = setTimeout(() => {
      this.#events.waiting(true);
      this.#silence();
    }, quietMs);
    void this.#bring(cue, turn, asked, kind);
  }

  /** Its file may be damaged here: when it is shown again, that is fetched anew, unless it plays on the stage. */
  forget({ assetId }: Cue): void {
    const holding = this.#slots.filter(({ cue }) => cue?.assetId === assetId);
    const onStage = holding.filter((slot) => slot === this.#current || slot === this.#outgoing);
    if (onStage.some((slot) => slot !== this.#broken)) return;
    for (const slot of holding) if (slot !== this.#broken) slot.clear();
    this.#clips.drop(assetId);
  }

  /** What may be asked for next. It is worked out when something is made ready for it: not while a cut comes to the screen. */
  prepare(wishes: () => ReadonlyArray<StageWish>): void {
    this.#wishes = wishes;
    if (!this.#settling) this.#fill();
  }

  pause(): void {
    this.#paused = true;
    this.#stop();
  }

  resume(): void {
    this.#paused = false;
    const slot = this.#current;
    if (slot === null || this.#coming !== null || this.#held || this.#isOver(slot)) return;
    this.#quiet();
    this.#run(slot);
    this.#hear(slot);
  }

  /** Stops the piece that is shown where it is, for good; what is shown next plays. */
  hold(): void {
    this.#quiet();
    this.forgo();
    this.#held = true;
    this.#stop();
  }

  /** What is waited for is not to be shown any more: what was shown before stands. */
  forgo(): void {
    if (this.#starves) return this.hold();
    if (this.#coming === null) return;
    this.#turn++;
    this.#miss();
  }

  set rate(rate: number) {
    this.#rate = rate;
    this.#sound.rate = rate;
    if (this.#current === null) return;
    this.#current.element.playbackRate = rate;
    if (!this.#current.element.paused) this.#hear(this.#current);
  }

  /** Puts the picture to a place of the piece, 0 to 1: it then stands. */
  scrub(share: number): void {
    const slot = this.#current;
    if (slot === null || slot.cue === null) return;
    this.hold();
    const start = slot.cue.startMs / 1000;
    // On the last frame, not behind it.
    const end = this.#endOf(slot) - 0.05;
    slot.element.currentTime = start + (end - start) * Math.min(Math.max(share, 0), 1);
  }

  close(): void {
    this.#turn++;
    this.#cuts++;
    this.#quiet();
    cancelAnimationFrame(this.#frame);
    this.#silence();
    this.#current = null;
    this.#coming = null;
    this.#outgoing = null;
    this.#wishes = () => [];
    for (const slot of this.#slots) slot.clear();
    this.#clips.keep(new Set());
  }

  /** Whether it is the picture that is shown already. */
  #stands(cue: Cue): boolean {
    return cue.still && this.#current?.cue?.key === cue.key;
  }

  /** The picture stays, and only its time begins anew. */
  #again(cue: Cue): void {
    const slot = this.#current!;
    slot.cue = cue;
    slot.element.currentTime = 0;
    if (!this.#paused) this.#run(slot);
  }

  #readySlot(cue: Cue): Slot | undefined {
    return this.#slots.find((slot) => slot.state === "ready" && slot.has(cue));
  }

  /** Nothing comes after what is shown, which is over as far as the story goes. */
  #miss(): void {
    this.#coming = null;
    this.#held = true;
    this.#quiet();
    this.#silence();
  }

  #stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#current?.element.pause();
    this.#silence();
  }

  #quiet(): void {
    this.#starves = false;
    clearTimeout(this.#wait);
    this.#events.waiting(false);
  }

  async #bring(cue: Cue, turn: number, asked: number, kind: Switch["kind"]): Promise<void> {
    const slot = this.#slots.find((one) => one.has(cue)) ?? this.#free();
    // Also where it was being made ready: from here on nothing else may have the element, and no other piece comes first.
    const given = slot.reserve(cue);
    this.#coming = slot;
    try {
      const clip = await this.#clips.get(cue.assetId);
      const ready = turn === this.#turn && (await this.#prime(slot, clip, true));
      if (turn === this.#turn && ready) return this.#cut(slot, asked, kind, false);
    } catch (error) {
      if (turn === this.#turn) {
        this.#miss();
        this.#events.failed(cue, error);
      }
    }
    // It failed, or something else was asked for meanwhile: it may still be wished for.
    if (!given.aborted) slot.clear();
    this.#fill();
  }

  #prime(slot: Slot, clip: Clip, atOnce = false): Promise<boolean> {
    void clip.sound.then((buffer) => {
      // Whatever is shown of the file, and also where that was asked for again meanwhile.
      if (slot.clip !== clip || slot.sound !== undefined) return;
      slot.sound = buffer;
      // It comes after the picture: heard from where that is.
      if (slot === this.#current && !this.#paused && !slot.element.paused) this.#hear(slot);
    });
    return slot.prime(clip, atOnce);
  }

  /** One that nothing needs, or the one that is needed least. */
  #free(): Slot {
    const others = this.#slots.filter((slot) => slot !== this.#current && slot !== this.#outgoing);
    const likelihood = ({ cue }: Slot): number => this.#wished.find((wish) => wish.cue.key === cue?.key)?.likelihood ?? -1;
    const slot = others.find(({ state }) => state === "empty") ?? others.toSorted((a, b) => likelihood(a) - likelihood(b))[0]!;
    slot.clear();
    return slot;
  }

  #cut(slot: Slot, asked: number, kind: Switch["kind"], primed: boolean): void {
    this.#quiet();
    const old = this.#current;
    const cut = ++this.#cuts;
    this.#coming = null;
    this.#current = slot;
    if (this.#outgoing !== null && this.#outgoing !== slot) this.#release(this.#outgoing);
    this.#outgoing = old;
    old?.lower();
    slot.show();
    const shownMs = performance.now() - asked;
    old?.element.pause();
    this.#settling = !this.#paused;
    if (this.#paused) {
      // One that was shown as soon as it could be plays already.
      slot.element.pause();
      if (old !== null) this.#release(old);
      this.#outgoing = null;
      // Until it goes on, or is put to another place, the picture by which it begins covers it. Where it was cut to anew, that cut sees to it.
      slot.element.requestVideoFrameCallback(() => {
        void slot.moves().then(() => {
          if (cut === this.#cuts) slot.settle();
        });
      });
      return;
    }
    const settle = (): void => {
      if (cut !== this.#cuts) return;
      this.#settling = false;
      slot.settle();
      if (this.#outgoing === old && old !== null) {
        this.#outgoing = null;
        this.#release(old);
      }
      this.#fill();
    };
    // A piece of a single frame never moves.
    const still = setTimeout(settle, stillMs);
    slot.element.requestVideoFrameCallback(() => {
      // Of one that was cut away from meanwhile it is told, and no more.
      const seen = cut === this.#cuts ? slot.moves() : Promise.resolve();
      void seen.then(() => {
        clearTimeout(still);
        this.#events.switched({ kind, primed, shownMs, movingMs: performance.now() - asked });
        setTimeout(settle, settleMs);
      });
    });
    this.#run(slot);
    this.#hear(slot);
  }

  #hear(slot: Slot): void {
    if (this.#starves) return;
    clearTimeout(this.#hush);
    if (slot.sound !== undefined) this.#sound.cross(slot.sound, slot.element.currentTime);
    else this.#hush = setTimeout(() => this.#silence(), quietMs);
  }

  #silence(): void {
    clearTimeout(this.#hush);
    this.#sound.cross(null, 0);
  }

  /** Waits again, with the same piece at its beginning: what was left may come again. */
  #release(slot: Slot): void {
    const { cue, clip, sound } = slot;
    slot.hide();
    const isBroken = slot === this.#broken;
    if (isBroken) this.#broken = null;
    if (isBroken || cue === null || clip === null) return slot.clear();
    const given = slot.reserve(cue);
    slot.sound = sound;
    slot.prime(clip).catch(() => {
      if (!given.aborted) slot.clear();
    });
  }

  #run(slot: Slot): void {
    slot.element.playbackRate = this.#rate;
    Object.assign(this.#place, { at: slot.element.currentTime, stoodMs: 0, seenAt: performance.now() });
    slot.element.play().catch((error: unknown) => {
      // Paused again before it began.
      if (slot === this.#current && !this.#paused && !(error instanceof DOMException && error.name === "AbortError")) {
        this.#breaks(slot, error);
      }
    });
    this.#tickSoon();
  }

  /** In the next frame, once: where the piece that has just told its end begins anew, that has been asked for already. */
  #tickSoon(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(this.#tick);
  }

  #endOf({ cue, element }: Slot): number {
    const whole = Number.isFinite(element.duration) ? element.duration : 0;
    return cue === null || cue.endMs === null ? whole : Math.min(whole, cue.endMs / 1000);
  }

  #isOver(slot: Slot): boolean {
    return slot.element.ended || slot.element.currentTime >= this.#endOf(slot) - 0.001;
  }

  readonly #tick = (): void => {
    const slot = this.#current;
    if (slot === null || slot.cue === null || this.#paused) return;
    if (slot.element.error !== null) return this.#breaks(slot, new Problem(({ video }) => video, { cause: slot.element.error }));
    const at = slot.element.currentTime;
    const leftMs = ((this.#endOf(slot) - at) * 1000) / this.#rate;
    this.#events.position(at * 1000 - slot.cue.startMs, leftMs);
    if (this.#goesOn(slot, at) && leftMs > leadMs * 4 && slot.sound !== undefined) this.#sound.follow(at);
    if (leftMs <= leadMs && !this.#toldEnd) {
      this.#toldEnd = true;
      this.#events.ending();
      // What comes next is here, or is waited for: this one has said all.
      if (slot !== this.#current || this.#coming !== null || this.#paused) return;
    }
    if (this.#isOver(slot)) return slot.element.pause();
    this.#tickSoon();
  };

  /** Where the picture waits for more of its file, that is told, and nothing is heard until it goes on. */
  #goesOn(slot: Slot, at: number): boolean {
    const place = this.#place;
    const now = performance.now();
    const sinceLook = now - place.seenAt;
    place.seenAt = now;
    if (at !== place.at) {
      place.at = at;
      place.stoodMs = 0;
      if (!this.#starves) return true;
      this.#quiet();
      this.#hear(slot);
      return true;
    }
    // Of a time in which the page itself stood still nothing is known.
    place.stoodMs += Math.min(sinceLook, longestLookMs);
    if (this.#starves || place.stoodMs < quietMs) return false;
    this.#starves = true;
    this.#events.waiting(true);
    this.#silence();
    return false;
  }

  /** What is shown plays no further. */
  #breaks(slot: Slot, error: unknown): void {
    this.#broken = slot;
    this.#held = true;
    this.#quiet();
    this.#stop();
    this.#events.failed(slot.cue!, error);
  }

  #fill(): void {
    this.#wished = this.#wishes();
    const size = ({ assetId }: Cue): number => this.#clips.ready(assetId)?.bytes ?? guessedBytes;
    const shown = [this.#current, this.#coming].flatMap((slot) => (slot === null || slot.cue === null ? [] : [{ bytes: size(slot.cue) }]));
    // The one below the current one waits as the others do, as soon as that moves.
    const waiting = this.#slots.filter((slot) => slot.cue !== null && slot !== this.#current && slot !== this.#coming);
    const { load, drop } = planPreload(
      shown,
      waiting.map(({ cue }) => ({ key: cue!.key, bytes: size(cue!), here: this.#clips.ready(cue!.assetId) !== undefined })),
      this.#wished.flatMap(({ cue, likelihood }) => (this.#stands(cue) ? [] : [{ key: cue.key, bytes: size(cue), likelihood }])),
      { elements, memory, line: this.#clips.within(horizonMs) },
    );
    for (const slot of waiting) if (slot !== this.#outgoing && drop.includes(slot.cue!.key)) slot.clear();
    for (const key of load) {
      const slot = this.#slots.find(({ state }) => state === "empty");
      const wish = this.#wished.find(({ cue }) => cue.key === key);
      if (slot === undefined || wish === undefined) break;
      void this.#ready(slot, wish.cue);
    }
    const kept = new Set(this.#slots.flatMap(({ cue }) => (cue === null ? [] : [cue.assetId])));
    this.#clips.keep(kept);
  }

  async #ready(slot: Slot, cue: Cue): Promise<void> {
    const given = slot.reserve(cue);
    try {
      const clip = await this.#clips.get(cue.assetId);
      const before = this.#priming;
      const mine = before.then(() => !given.aborted && this.#prime(slot, clip));
      this.#priming = mine.then(
        () => {},
        () => {},
      );
      await mine;
    } catch {
      // It is tried once more when it is asked for, which then tells.
      if (!given.aborted) slot.clear();
    }
  }
}
