// What is measured of transitions, in the page: the player itself on a story, and beside it three plainer ways to change a video. Whoever
// measures drives it from outside, and looks at what the compositor shows.
import { Story } from "#protocol/scene/scene.ts";
import { localPlay } from "../net/local.ts";
import type { PlayableMedia } from "../net/source.ts";
import { Clips } from "../player/clips.ts";
import { cueFor } from "../player/cue.ts";
import { makePlayer, type Player } from "../player/player.ts";
import { Sound } from "../player/sound.ts";
import { Stage } from "../player/stage.ts";

interface Bench {
  /** Wall-clock times of what was pressed, ms since 1970. */
  readonly pressed: Array<number>;
  /** A number key is pressed: that choice, or that clip. */
  onKey: (number: number) => void;
  /** Silences in what is heard, once it is listened to: since when that goes on, and for how long, s. */
  readonly silences: Array<{ readonly at: number; readonly seconds: number }>;
  /** Sound that was heard, in all, s. */
  heard: number;
  readonly play: (story: unknown, media: Readonly<Record<string, PlayableMedia>>) => Promise<void>;
  readonly switches: () => ReturnType<Player["switches"]>;
  readonly cold: (media: Readonly<Record<string, PlayableMedia>>) => void;
  readonly compare: (
    how: "nothing but a picture" | "new src" | "two elements" | "Phaser video",
    urls: ReadonlyArray<string>,
  ) => Promise<void>;
}

const container = document.getElementById("stage")!;

const listen = async (sound: AudioNode, context: AudioContext): Promise<void> => {
  await context.audioWorklet.addModule("/recorder.js");
  const recorder = new AudioWorkletNode(context, "silences", { numberOfInputs: 1, numberOfOutputs: 0 });
  recorder.port.onmessage = ({ data }: MessageEvent<{ readonly silence: Bench["silences"][number] } | { readonly heard: number }>) => {
    if ("heard" in data) bench.heard = data.heard;
    else bench.silences.push(data.silence);
  };
  sound.connect(recorder);
};

const filesOf =
  (media: Readonly<Record<string, PlayableMedia>>) =>
  (ids: ReadonlyArray<string>): Promise<ReadonlyMap<string, PlayableMedia>> =>
    Promise.resolve(new Map(ids.flatMap((id) => (media[id] === undefined ? [] : [[id, media[id]] as const]))));

let player: Player | undefined;

const video = (opacity: string): HTMLVideoElement => {
  const element = document.createElement("video");
  element.muted = true;
  element.loop = true;
  element.preload = "auto";
  element.style.opacity = opacity;
  container.append(element);
  return element;
};

const bench: Bench = {
  pressed: [],
  silences: [],
  heard: 0,
  onKey: () => {},
  play: async (story, media) => {
    const source = localPlay({ story: Story.parse(story), title: "", media: filesOf(media), seed: () => 1 });
    const audio = new AudioContext();
    player = makePlayer({ source, container, language: "en", audio });
    const made = player;
    await listen(made.output, audio);
    bench.onKey = (number) => {
      const choice = made.view().choices[number - 1];
      if (choice !== undefined) made.choose(choice.edge);
    };
    made.start();
  },
  switches: () => player?.switches() ?? [],
  cold: (media) => {
    const sound = new Sound(new AudioContext());
    const clips = new Clips((id) => Promise.resolve(media[id]), sound.context);
    const nothing = (): void => {};
    const stage = new Stage(container, clips, sound, {
      ending: nothing,
      switched: nothing,
      waiting: nothing,
      position: nothing,
      failed: nothing,
    });
    const ids = Object.keys(media);
    let next = 0;
    bench.onKey = () => stage.show(cueFor(ids[next++]!), "choice");
  },
  compare: async (how, urls) => {
    switch (how) {
      case "nothing but a picture": {
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [8, 2];
        container.append(canvas);
        const pen = canvas.getContext("2d")!;
        // As the clips say in their pixels which they are.
        const draw = (clip: number, frame: number): void => {
          for (const [row, value] of [clip, frame].entries()) {
            for (let bit = 0; bit < 8; bit++) {
              pen.fillStyle = ((value >> bit) & 1) === 1 ? "#f0f0f0" : "#6c6c6c";
              pen.fillRect(bit, row, 1, 1);
            }
          }
        };
        draw(9, 0);
        bench.onKey = (number) => {
          draw(number, 0);
          // So long that the first picture is surely caught.
          setTimeout(() => draw(number, 1), 200);
        };
        return;
      }
      case "new src": {
        const element = video("1");
        bench.onKey = (number) => {
          element.src = urls[number - 1]!;
          void element.play();
        };
        return;
      }
      case "two elements": {
        const elements = urls.map((url) => {
          const element = video("0");
          element.src = url;
          return element;
        });
        let shown: HTMLVideoElement | undefined;
        bench.onKey = (number) => {
          const element = elements[number - 1]!;
          element.style.opacity = "1";
          void element.play();
          if (shown !== undefined && shown !== element) {
            shown.style.opacity = "0";
            shown.pause();
            shown.currentTime = 0;
          }
          shown = element;
        };
        return;
      }
      case "Phaser video": {
        const { openVideos } = await import("./phaser-video.ts");
        const show = await openVideos(container, urls);
        bench.onKey = (number) => show(number - 1);
      }
    }
  },
};

addEventListener("keydown", (event) => {
  const number = Number(event.key);
  if (!(number >= 1)) return;
  bench.pressed.push(performance.timeOrigin + event.timeStamp);
  bench.onKey(number);
});

Object.assign(globalThis, { bench });
