// One clock for several videos: where each should be, and what brings one that is elsewhere back. Pure: whoever holds the elements tells at
// each frame of the screen what it sees, and does what is ordered. Times in seconds; a speed in seconds of video a second, 0 at rest.
// A video that is shorter than the longest holds its last frame until the others have ended.
import { frameAt, framesIn, rateOf, timeOfFrame, type Timing } from "#web/panels/asset/frames.ts";

export interface Clock {
  /** Where it stood at `since`. */
  readonly place: number;
  readonly since: number;
  /** Below 0: backwards. */
  readonly speed: number;
  /** All are brought to the place and wait there for each other: the clock stands until they are ready. */
  readonly gathering: boolean;
}

/** What can be seen of one video. */
export interface Seen {
  readonly timing: Timing;
  /** As its element tells it. */
  readonly time: number;
  /** How long the seek that is under way has taken; null: none is. */
  readonly seekingFor: number | null;
  /** How long its last seek took. */
  readonly seekTook: number;
  /** Since it last began to play or ended a seek. */
  readonly settledFor: number;
  /** It has what it needs to play on. */
  readonly ready: boolean;
}

/** What one video is to do. */
export interface Order {
  readonly play: boolean;
  /** Of `playbackRate`; as it is where it does not play. */
  readonly rate: number;
  /** Where to go, or null to stay. */
  readonly seek: number | null;
}

/** A pull of so long brings a video back that is a little off. */
const pull = 0.4;
/** It is never played faster or slower by more than this share. */
const mostPull = 0.15;
/** The rate moves in steps of this share: an element that is given a new one at each frame plays worse. */
const step = 0.01;
/** After a start or a seek the pull has so long before another seek is tried. */
const rest = 0.5;
/** A seek of a video that plays may take so long; then all wait for it. */
const patience = 0.3;
/** A place is told in floating point. */
const rounding = 1e-6;

export const restAt = (place: number, now: number): Clock => ({ place, since: now, speed: 0, gathering: false });

export const placeOf = ({ place, since, speed, gathering }: Clock, now: number): number =>
  gathering ? place : place + (now - since) * speed;

/** The length of the longest, with the frames of the finest: one step of it leaves out no frame of any. */
export const commonTiming = (timings: ReadonlyArray<Timing>): Timing => ({
  durationMs: Math.max(0, ...timings.map(({ durationMs }) => durationMs ?? 0)),
  fps: timings.length === 0 ? null : Math.max(...timings.map(rateOf)),
});

export const lastPlace = (timing: Timing): number => timeOfFrame(timing, framesIn(timing) - 1);

/** The middle of the frame that is shown at a place. */
const middleAt = (timing: Timing, place: number): number => timeOfFrame(timing, frameAt(timing, place));

/** Where the clock stands at rest: in the middle of a frame of the finest, or at the very end, which is the last frame of each. */
const standAt = (common: Timing, place: number): number =>
  frameAt(common, place) === framesIn(common) - 1 ? (common.durationMs ?? 0) / 1000 : middleAt(common, place);

/** Everybody goes there first, and plays on if they did. */
export const seekTo = (clock: Clock, common: Timing, place: number, now: number): Clock => ({
  ...clock,
  place: standAt(common, place),
  since: now,
  gathering: clock.speed > 0,
});

/** Another speed; 0 stops at the frame that is shown. Who starts at the end starts anew. */
export const runAt = (clock: Clock, common: Timing, speed: number, now: number): Clock => {
  const place = placeOf(clock, now);
  if (speed <= 0) return { place: speed === 0 ? standAt(common, place) : place, since: now, speed, gathering: false };
  if (clock.speed > 0) return { ...clock, place, since: now, speed };
  const from = place >= lastPlace(common) - rounding ? 0 : place;
  return { place: standAt(common, from), since: now, speed, gathering: true };
};

/** At rest, and where it is too short to play on. */
const hold = ({ timing, time, seekingFor }: Seen, place: number): Order => {
  const target = middleAt(timing, place);
  const isThere = frameAt(timing, time) === frameAt(timing, target);
  return { play: false, rate: 1, seek: isThere || seekingFor !== null ? null : target };
};

const isHeld = ({ timing }: Seen, place: number): boolean => place >= lastPlace(timing);

const isGathered = (seen: Seen, place: number): boolean =>
  seen.ready && seen.seekingFor === null && frameAt(seen.timing, seen.time) === frameAt(seen.timing, middleAt(seen.timing, place));

/** Plays along: pulled where it is a little off; sent there where it is off by more than half a frame, ahead by what the seek will take. */
const follow = ({ timing, time, seekingFor, seekTook, settledFor }: Seen, place: number, speed: number): Order => {
  const off = time - place;
  if (seekingFor !== null) return { play: true, rate: speed, seek: null };
  if (Math.abs(off) > (0.5 / rateOf(timing)) * Math.max(speed, 1) && settledFor >= rest) {
    return { play: true, rate: speed, seek: Math.min(place + seekTook * speed, lastPlace(timing)) };
  }
  const share = Math.min(Math.max(-off / (pull * speed), -mostPull), mostPull);
  return { play: true, rate: speed * (1 + Math.round(share / step) * step), seek: null };
};

const stalls = (seen: Seen, place: number): boolean =>
  !isHeld(seen, place) && (seen.seekingFor === null ? !seen.ready : seen.seekingFor > patience);

/** One frame of the screen: the clock as it goes on, and what each video is to do, in their order. */
export const tick = (
  clock: Clock,
  now: number,
  { common, loop }: { readonly common: Timing; readonly loop: boolean },
  all: ReadonlyArray<Seen>,
): { readonly clock: Clock; readonly place: number; readonly orders: ReadonlyArray<Order> } => {
  const next = advance(clock, now, common, loop, all);
  const place = placeOf(next, now);
  const plays = next.speed > 0 && !next.gathering;
  return {
    clock: next,
    place,
    orders: all.map((seen) => (plays && !isHeld(seen, place) ? follow(seen, place, next.speed) : hold(seen, place))),
  };
};

/** It starts from where they are: each may stand anywhere in its frame. */
const release = (clock: Clock, now: number, all: ReadonlyArray<Seen>): Clock => {
  const times = all.filter((seen) => !isHeld(seen, clock.place)).map(({ time }) => time);
  const place = times.length === 0 ? clock.place : times.reduce((sum, time) => sum + time, 0) / times.length;
  return { ...clock, place, since: now, gathering: false };
};

const advance = (clock: Clock, now: number, common: Timing, loop: boolean, all: ReadonlyArray<Seen>): Clock => {
  const place = placeOf(clock, now);
  if (clock.speed < 0) return place <= 0 ? restAt(middleAt(common, 0), now) : clock;
  if (clock.speed === 0) return clock;
  if (clock.gathering) return all.every((seen) => isGathered(seen, place)) ? release(clock, now, all) : clock;
  if (place * 1000 >= (common.durationMs ?? 0)) {
    return loop ? { ...clock, place: middleAt(common, 0), since: now, gathering: true } : restAt(standAt(common, place), now);
  }
  return all.some((seen) => stalls(seen, place)) ? { ...clock, place: middleAt(common, place), since: now, gathering: true } : clock;
};
