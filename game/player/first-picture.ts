// The picture by which a piece begins that waits, drawn once, under its video: the browser brings the video's own to the screen only with the
// second frame of the display after it is turned on, this one with the first.

export class FirstPicture {
  readonly #canvas: HTMLCanvasElement;
  /** Which is drawn. */
  #what = "";

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  get style(): Pick<CSSStyleDeclaration, "opacity" | "zIndex" | "willChange"> {
    return this.#canvas.style;
  }

  /** That of the video as it stands now, unless it was drawn before. */
  draw(what: string, video: HTMLVideoElement): void {
    if (this.#what === what) return;
    this.#what = what;
    [this.#canvas.width, this.#canvas.height] = [video.videoWidth, video.videoHeight];
    this.#canvas.getContext("2d", { alpha: false })?.drawImage(video, 0, 0);
  }

  /** Its memory is free. */
  clear(): void {
    this.#what = "";
    [this.#canvas.width, this.#canvas.height] = [0, 0];
  }
}
