import { afterEach, expect, test, vi } from "vitest";
import { playBeside } from "./sound-beside.ts";

afterEach(() => vi.unstubAllGlobals());

/** What of an element can be set here is set; it plays when it is told to. */
const element = (name: "audio" | "video") => {
  const media = document.createElement(name) as HTMLAudioElement & HTMLVideoElement;
  const state = { paused: true, seeking: false, ended: false, readyState: 4, currentTime: 0, muted: false, playbackRate: 1 };
  for (const key of Object.keys(state) as ReadonlyArray<keyof typeof state>)
    Object.defineProperty(media, key, {
      get: () => state[key],
      set: (value) => {
        Object.assign(state, { [key]: value });
      },
    });
  media.play = async () => void (state.paused = false);
  media.pause = () => void (state.paused = true);
  const say = (name: string, change: Partial<typeof state>): void => {
    Object.assign(state, change);
    media.dispatchEvent(new Event(name));
  };
  return { media, state, say };
};

test("the sound goes where the picture is, plays, rests and is quiet with it, and ends when it is left", () => {
  const [video, sound] = [element("video"), element("audio")];
  const made: Array<string> = [];
  const make = (url: string) => {
    made.push(url);
    return sound.media;
  };
  vi.stubGlobal(
    "Audio",
    vi.fn(function Audio(url: string) {
      return make(url);
    }),
  );
  const leave = playBeside(video.media, "/media/sound.m4a");
  expect([made, sound.state.paused]).toEqual([["/media/sound.m4a"], true]);
  video.say("seeked", { currentTime: 3 });
  video.say("playing", { paused: false });
  expect(sound.state).toMatchObject({ currentTime: 3, paused: false });
  video.say("timeupdate", { currentTime: 3.05 });
  expect(sound.state.currentTime).toBe(3);
  video.say("timeupdate", { currentTime: 3.5 });
  expect(sound.state.currentTime).toBe(3.5);
  video.say("volumechange", { muted: true });
  video.say("ratechange", { playbackRate: 2 });
  expect(sound.state).toMatchObject({ muted: true, playbackRate: 2, paused: false });
  video.say("waiting", { readyState: 2 });
  expect(sound.state.paused).toBe(true);
  video.say("playing", { readyState: 4 });
  expect(sound.state.paused).toBe(false);
  video.say("pause", { paused: true });
  expect(sound.state.paused).toBe(true);
  leave();
  video.say("playing", { paused: false });
  expect(sound.state.paused).toBe(true);
});
