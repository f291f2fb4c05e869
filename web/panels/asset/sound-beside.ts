// The sound of a video that has none in its file, played from a file of its own beside it.

/** That the sound may be away from the picture before it is brought back, s. */
const drift = 0.1;
/** Of `readyState`: something comes after what is shown. */
const hasMore = 3;
const told = ["playing", "pause", "seeking", "seeked", "waiting", "ended", "ratechange", "volumechange", "timeupdate", "emptied"] as const;

/** Does as the video does, until the answer is called. `url`: of the sound. */
export const playBeside = (video: HTMLVideoElement, url: string): (() => void) => {
  const sound = new Audio(url);
  sound.preload = "auto";
  const follow = (): void => {
    sound.muted = video.muted;
    sound.playbackRate = video.playbackRate;
    if (Math.abs(sound.currentTime - video.currentTime) > drift) sound.currentTime = video.currentTime;
    const isHeard = !video.paused && !video.seeking && !video.ended && video.readyState >= hasMore;
    if (!isHeard) sound.pause();
    // Refused, or shorter than the picture: that goes on without it.
    else if (sound.paused && !sound.ended) sound.play().catch(() => {});
  };
  for (const name of told) video.addEventListener(name, follow);
  follow();
  return () => {
    for (const name of told) video.removeEventListener(name, follow);
    sound.pause();
    sound.removeAttribute("src");
    // Without this the rest of it would still be fetched.
    sound.load();
  };
};
