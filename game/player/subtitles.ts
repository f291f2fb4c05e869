// Subtitles of the pieces that are played: read by the browser's own WebVTT parser, and shown as plain text, never as markup.

export interface Line {
  /** Of the video. */
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
}

/** What is said at this time of the video; empty: nothing. */
export const saidAt = (lines: ReadonlyArray<Line>, ms: number): string =>
  lines
    .filter(({ startMs, endMs }) => startMs <= ms && ms < endMs)
    .map(({ text }) => text)
    .join("\n");

const plain = (cue: VTTCue): string => {
  const fragment = cue.getCueAsHTML();
  // Who speaks.
  for (const voice of fragment.querySelectorAll("span[title]")) voice.prepend(`${voice.getAttribute("title")}: `);
  return fragment.textContent;
};

export class Subtitles {
  readonly #read = new Map<string, ReadonlyArray<Line>>();
  /** Elements that read: a browser may forget one that nobody holds. */
  readonly #reading = new Map<string, HTMLVideoElement>();

  /** Reads these files, and forgets all others. */
  prepare(files: ReadonlyArray<string>): void {
    for (const file of this.#read.keys()) if (!files.includes(file)) this.#read.delete(file);
    for (const file of new Set(files)) if (file !== "" && !this.#read.has(file) && !this.#reading.has(file)) this.#begin(file);
  }

  /** Empty also where it is not read yet. */
  at(file: string, ms: number): string {
    const lines = this.#read.get(file);
    // With each frame of the display, and most pieces have none.
    return lines === undefined ? "" : saidAt(lines, ms);
  }

  #begin(file: string): void {
    const video = document.createElement("video");
    const track = document.createElement("track");
    const url = URL.createObjectURL(new Blob([file], { type: "text/vtt" }));
    const done = (lines: ReadonlyArray<Line>): void => {
      URL.revokeObjectURL(url);
      this.#reading.delete(file);
      this.#read.set(file, lines);
    };
    track.addEventListener("load", () => {
      const cues = [...(track.track.cues ?? [])].filter((cue) => cue instanceof VTTCue);
      done(cues.map((cue) => ({ startMs: cue.startTime * 1000, endMs: cue.endTime * 1000, text: plain(cue) })));
    });
    // What cannot be read says nothing.
    track.addEventListener("error", () => done([]));
    track.src = url;
    this.#reading.set(file, video);
    video.append(track);
    track.track.mode = "hidden";
  }
}
