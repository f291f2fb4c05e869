// Numbers, times and sizes as words for people. Pure.
export { formatBytes } from "#protocol/bytes.ts";

const locale = "en";

/** A span of time: `0.8 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export const formatSpan = (ms: number): string => {
  const seconds = Math.max(ms, 0) / 1000;
  if (seconds < 9.95) {
    return `${Number(seconds.toFixed(1))} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${String(whole % 60).padStart(2, "0")} s`
    : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
};

/** A place in a video: `0:05`, `1:02:03`. */
export const formatClock = (ms: number): string => {
  const seconds = Math.floor(Math.max(ms, 0) / 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return hours === 0
    ? `${Math.floor(seconds / 60)}:${two(seconds % 60)}`
    : `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
};

const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayAndTime = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** A moment, short: the time alone for today, with the day otherwise. */
export const formatMoment = (at: number, now: number): string =>
  (new Date(at).toDateString() === new Date(now).toDateString() ? timeOfDay : dayAndTime).format(at);

/** A moment in full, for tooltips. */
export const formatFull = (at: number): string => full.format(at);

/** `3 jobs`, `1 job`. */
export const formatCount = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString(locale)} ${count === 1 ? one : many}`;
