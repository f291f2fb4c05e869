import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameAt, framesIn, type Timing } from "#web/panels/asset/frames.ts";
import { type Clock, commonTiming, lastPlace, type Order, placeOf, restAt, runAt, type Seen, seekTo, tick } from "./clock.ts";

/** What a browser's element does of its own: it starts late, seeks late, runs a little wrong, and now and then has nothing to play. */
interface Traits {
  readonly timing: Timing;
  /** Its clock against the true one: 1.01 runs fast. */
  readonly pace: number;
  readonly startsAfter: number;
  readonly seeksIn: number;
}

class Video {
  time = 0;
  rate = 1;
  plays = false;
  hasData = true;
  seeks = 0;
  readonly #traits: Traits;
  #now = 0;
  #startsAt = 0;
  #seek: { readonly to: number; readonly from: number; readonly until: number } | null = null;
  #seekTook = 0.05;
  #settledAt = 0;

  constructor(traits: Traits) {
    this.#traits = traits;
  }
  get timing(): Timing {
    return this.#traits.timing;
  }
  get busy(): boolean {
    return this.#seek !== null;
  }
  see(): Seen {
    return {
      timing: this.timing,
      time: this.time,
      seekingFor: this.#seek === null ? null : this.#now - this.#seek.from,
      seekTook: this.#seekTook,
      settledFor: this.#now - this.#settledAt,
      ready: this.hasData,
    };
  }
  obey({ play, rate, seek }: Order): void {
    this.rate = rate;
    if (play && !this.plays) {
      this.#startsAt = this.#now + this.#traits.startsAfter;
      this.#settledAt = this.#now;
    }
    this.plays = play;
    if (seek !== null) {
      this.seeks += 1;
      this.#seek = { to: seek, from: this.#now, until: this.#now + this.#traits.seeksIn };
      this.time = seek;
    }
  }
  pass(seconds: number): void {
    const before = this.#now;
    this.#now += seconds;
    let from = Math.max(before, this.#startsAt);
    if (this.#seek !== null) {
      if (this.#seek.until > this.#now) return;
      from = Math.max(from, this.#seek.until);
      this.#seekTook = this.#seek.until - this.#seek.from;
      this.#settledAt = this.#seek.until;
      this.#seek = null;
    }
    if (this.plays && this.hasData && from < this.#now) {
      this.time = Math.min(this.time + (this.#now - from) * this.rate * this.#traits.pace, (this.timing.durationMs ?? 0) / 1000);
    }
  }
}

/** A screen that shows them: its frames come when they come. */
class Screen {
  now = 0;
  readonly common: Timing;
  clock: Clock = restAt(0, 0);
  loop = false;
  readonly #gaps: ReadonlyArray<number>;
  #frame = 0;
  readonly videos: ReadonlyArray<Video>;

  constructor(videos: ReadonlyArray<Video>, gaps: ReadonlyArray<number>) {
    this.videos = videos;
    this.#gaps = gaps;
    this.common = commonTiming(videos.map(({ timing }) => timing));
  }
  /** True time, s; `look` at every frame of the screen. */
  run(seconds: number, look: () => void = () => undefined): void {
    for (const end = this.now + seconds; this.now < end;) {
      const gap = this.#gaps[this.#frame++ % this.#gaps.length]!;
      this.now += gap;
      for (const video of this.videos) video.pass(gap);
      const { clock, orders } = tick(
        this.clock,
        this.now,
        this,
        this.videos.map((video) => video.see()),
      );
      this.clock = clock;
      look();
      orders.forEach((order, at) => this.videos[at]!.obey(order));
    }
  }
  start(speed: number): void {
    this.clock = runAt(this.clock, this.common, speed, this.now);
  }
  get place(): number {
    return placeOf(this.clock, this.now);
  }
  /** How far the videos that play are from each other, s. */
  get spread(): number {
    const times = this.videos.filter((video) => this.place < lastPlace(video.timing)).map(({ time }) => time);
    return times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
  }
  get frames(): ReadonlyArray<number> {
    return this.videos.map(({ timing, time }) => frameAt(timing, time));
  }
  get isSettled(): boolean {
    return this.clock.speed === 0 && this.videos.every(({ busy, plays }) => !busy && !plays);
  }
}

const longestFrame = (videos: ReadonlyArray<Video>): number => Math.max(...videos.map(({ timing }) => 1 / (timing.fps ?? 30)));

const traits = (durations: fc.Arbitrary<number>): fc.Arbitrary<Traits> =>
  fc.record({
    timing: fc.record({ durationMs: durations, fps: fc.constantFrom<number | null>(16, 24, 25, 29.97, 30, null) }),
    pace: fc.double({ min: 0.995, max: 1.005, noNaN: true }),
    startsAfter: fc.double({ min: 0, max: 0.12, noNaN: true }),
    seeksIn: fc.double({ min: 0.005, max: 0.2, noNaN: true }),
  });
const several = (durations: fc.Arbitrary<number>) =>
  fc.array(traits(durations), { minLength: 2, maxLength: 4 }).map((all) => all.map((each) => new Video(each)));
const long = fc.constant(20_000);
const gaps = fc.array(fc.double({ min: 0.004, max: 0.06, noNaN: true }), { minLength: 5, maxLength: 40 });
const speeds = fc.constantFrom(0.25, 0.5, 1, 2, 4);
/** After a start or a fault it may take so long until they go together, s. */
const settling = 1.5;

describe("videos on one clock", () => {
  it("go within a frame of each other, however late they start and however wrong they run", () => {
    fc.assert(
      fc.property(several(long), gaps, speeds, (videos, each, speed) => {
        const screen = new Screen(videos, each);
        screen.start(speed);
        screen.run(settling);
        screen.run(2, () => expect(screen.spread).toBeLessThanOrEqual(longestFrame(videos) * Math.max(speed, 1)));
        expect(screen.place).toBeGreaterThan(0.5);
      }),
    );
  });

  it("come together again when one of them is thrown off", () => {
    fc.assert(
      fc.property(several(long), gaps, fc.double({ min: -1, max: 3, noNaN: true }), (videos, each, thrown) => {
        const screen = new Screen(videos, each);
        screen.start(1);
        screen.run(settling);
        videos[0]!.time += thrown;
        screen.run(settling);
        screen.run(1, () => expect(screen.spread).toBeLessThanOrEqual(longestFrame(videos)));
      }),
    );
  });

  it("wait for one that has nothing to play, and none runs ahead", () => {
    fc.assert(
      fc.property(several(long), gaps, (videos, each) => {
        const screen = new Screen(videos, each);
        screen.start(1);
        screen.run(settling);
        videos[0]!.hasData = false;
        screen.run(0.5);
        const stood = screen.place;
        screen.run(2, () => expect(screen.place).toBe(stood));
        expect(screen.clock.gathering).toBe(true);
        videos[0]!.hasData = true;
        screen.run(settling);
        screen.run(1, () => expect(screen.spread).toBeLessThanOrEqual(longestFrame(videos)));
        expect(screen.place).toBeGreaterThan(stood + 1);
      }),
    );
  });

  it("end together: those that are shorter hold their last frame, and then all rest", () => {
    fc.assert(
      fc.property(several(fc.integer({ min: 300, max: 2500 })), gaps, speeds, (videos, each, speed) => {
        const screen = new Screen(videos, each);
        screen.start(speed);
        screen.run(2.5 / speed + settling, () => {
          for (const { timing, time, busy } of videos) {
            if (screen.place > lastPlace(timing) + 0.3 * speed && !busy) expect(frameAt(timing, time)).toBe(framesIn(timing) - 1);
          }
        });
        expect(screen.clock.speed).toBe(0);
        expect(screen.isSettled).toBe(true);
        expect(screen.frames).toEqual(videos.map(({ timing }) => framesIn(timing) - 1));
      }),
    );
  });

  it("begin again together where they are to loop", () => {
    fc.assert(
      fc.property(several(fc.integer({ min: 300, max: 1500 })), gaps, (videos, each) => {
        const screen = new Screen(videos, each);
        screen.loop = true;
        screen.start(1);
        let [turns, before] = [0, 0];
        screen.run(8, () => {
          turns += Number(screen.place < before);
          before = screen.place;
        });
        expect(turns).toBeGreaterThanOrEqual(2);
        expect(screen.clock.speed).toBe(1);
      }),
    );
  });

  it("at rest show the frame of the place, whatever place is asked for while they are still on their way", () => {
    const places = fc.array(fc.tuple(fc.double({ min: 0, max: 20, noNaN: true }), fc.double({ min: 0.01, max: 0.3, noNaN: true })), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(several(long), gaps, places, (videos, each, asked) => {
        const screen = new Screen(videos, each);
        for (const [place, after] of asked) {
          screen.clock = seekTo(screen.clock, screen.common, place, screen.now);
          screen.run(after);
        }
        screen.run(settling);
        expect(screen.isSettled).toBe(true);
        const [last] = asked.at(-1)!;
        expect(frameAt(screen.common, screen.place)).toBe(frameAt(screen.common, last));
        expect(screen.frames).toEqual(videos.map(({ timing }) => frameAt(timing, screen.place)));
      }),
    );
  });

  it("run backwards to the start and rest there", () => {
    fc.assert(
      fc.property(several(long), gaps, (videos, each) => {
        const screen = new Screen(videos, each);
        screen.clock = seekTo(screen.clock, screen.common, 2, 0);
        screen.run(settling);
        screen.start(-2);
        screen.run(1 + settling);
        expect(screen.clock.speed).toBe(0);
        expect(screen.frames).toEqual(videos.map(() => 0));
      }),
    );
  });
});

const plain = (durationMs: number, fps = 24): Video => new Video({ timing: { durationMs, fps }, pace: 1, startsAfter: 0, seeksIn: 0.05 });

describe("the clock", () => {
  it("leaves videos alone that keep time by themselves", () => {
    const videos = [plain(5000), plain(5000)];
    const screen = new Screen(videos, [1 / 60]);
    screen.start(1);
    screen.run(2, () => expect(videos.map(({ rate }) => rate)).toEqual([1, 1]));
    expect(videos.map(({ seeks }) => seeks)).toEqual([0, 0]);
  });

  it("goes on from where it stands when the speed changes, and stops at the frame that is shown", () => {
    const videos = [plain(5000), plain(5000)];
    const screen = new Screen(videos, [1 / 60]);
    screen.start(1);
    screen.run(1);
    const before = screen.place;
    screen.start(2);
    expect(screen.place).toBe(before);
    expect(screen.clock.gathering).toBe(false);
    screen.start(0);
    expect(frameAt(screen.common, screen.place)).toBe(frameAt(screen.common, before));
    screen.run(0.2);
    expect(screen.isSettled).toBe(true);
  });

  it("starts anew from the end", () => {
    const screen = new Screen([plain(1000), plain(1000)], [1 / 60]);
    screen.start(1);
    screen.run(2);
    expect(screen.clock.speed).toBe(0);
    screen.start(1);
    expect(screen.place).toBeLessThan(0.05);
  });

  it("has the length of the longest and the frames of the finest", () => {
    expect(
      commonTiming([
        { durationMs: 5000, fps: 24 },
        { durationMs: 8000, fps: null },
        { durationMs: null, fps: 25 },
      ]),
    ).toEqual({ durationMs: 8000, fps: 30 });
    expect(commonTiming([])).toEqual({ durationMs: 0, fps: null });
  });
});
