// Why so many jobs are not let in, and what to do about it, in words. Pure.

const isOrAre = (count: number): string => (count === 1 ? "is" : "are");
const videos = (count: number): string => (count === 1 ? "one video" : `${count} videos`);

/** `open` jobs are open, at most `limit` may be, and `jobs` more are asked for, which is too many. */
export const openWords = (jobs: number, open: number, limit: number): string => {
  const room = Math.max(limit - open, 0);
  const what =
    room > 0
      ? `ask for at most ${room} now, or wait for some to end`
      : jobs > limit
        ? `ask for at most ${limit} once these have ended`
        : "wait for some to end or cancel some";
  return `At most ${limit} of your jobs may be open and ${open} ${isOrAre(open)}, so ${videos(jobs)} more cannot be asked for: ${what}.`;
};

/** `made` were asked for today, at most `limit` may be, and `jobs` more are, which is too many. */
export const dayWords = (jobs: number, made: number, limit: number): string => {
  const room = Math.max(limit - made, 0);
  const what = room > 0 ? `ask for at most ${room} today, or again after midnight UTC` : "ask again after midnight UTC";
  return `At most ${limit} jobs a day are allowed and you have asked for ${made} today, so ${videos(jobs)} more cannot be asked for: ${what}.`;
};
