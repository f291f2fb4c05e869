// The picture by which a piece begins that waits, drawn once, under its video: the browser brings the video's own to the screen only
// with the second frame of the display after it is turned on, this one with the first.

export class FirstPicture {
  readonly #canvas: HTMLCanvasElement;
  /** Which is drawn; empty: none. */
  #what = "";

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    // What was drawn is black from here on. Of no size, it lets be seen what lies under it.
    canvas.addEventListener("contextlost", () => this.clear());
  }

  get style(): Pick<CSSStyleDeclaration, "opacity" | "zIndex" | "willChange"> {
    return this.#canvas.style;
  }

  /** That of the video as it stands now, unless it was drawn before. Answers whether it is there: where it is not, this has no size. */
  draw(what: string, video: HTMLVideoElement): boolean {
    if (this.#what === what) return true;
    this.clear();
    const pen = this.#canvas.getContext("2d", { alpha: false });
    // Not every browser can tell that it lost the memory.
    if (pen === null || pen.isContextLost?.() === true || video.readyState < video.HAVE_CURRENT_DATA) return false;
    [this.#canvas.width, this.#canvas.height] = [video.videoWidth, video.videoHeight];
    pen.drawImage(video, 0, 0);
    this.#what = what;
    return true;
  }

  /** Its memory is free. */
  clear(): void {
    this.#what = "";
    [this.#canvas.width, this.#canvas.height] = [0, 0];
  }
}
