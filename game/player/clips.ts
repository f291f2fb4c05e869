// Files of videos and pictures in memory: fetched once, whole, so that nothing waits for the line when a piece is shown. One that is too
// large for that is played from its address.
import type { PlayableMedia } from "../net/source.ts";
import { Problem } from "../words/catalogue.ts";

/** Larger files are not held, bytes. */
const largestHeld = 24 * 2 ** 20;
/** An answer that has not begun after so many times what answers take is asked for once more, and twice as long after that: one of them comes. */
const patience = 4;
/** Of that, ms. */
const shortestPatience = 150;
const longestPatience = 800;
const tries = 3;
/** Of an answer that has begun and of which nothing more has come for so long, nothing is waited for any more, ms. */
const longestSilence = 8000;
/**
 * Of what was uploaded just now nothing may be seen until something is made of it, and a file may not be had just now: asked for again after so
 * long, ms, so many times. Somebody waits for a picture, and is told earlier.
 */
const againMs = 2000;
const mostAsked = 15;
const mostAskedPicture = 5;

export interface Clip {
  readonly media: PlayableMedia;
  /** For the `src` of an element. */
  readonly url: string;
  /** That it takes in memory. */
  readonly bytes: number;
  /** Null: it has none, or none that can be had and decoded. */
  readonly sound: Promise<AudioBuffer | null>;
}

/** Ends earlier where it is given up. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => resolve(clearTimeout(timer)), { once: true });
  });

/** Whether what answers so may answer otherwise in a moment. */
const isForNow = (status: number): boolean => status >= 500 || status === 408 || status === 425 || status === 429;

class FailedForNow extends Error {
  readonly response: Response;

  constructor(response: Response) {
    super(`${response.url} answered ${response.status}.`);
    this.response = response;
  }
}

/** The first answer that comes, one that fails for now only where none is waited for any more; the other requests end with it. */
const fetched = async (url: string, signal: AbortSignal, patienceMs: number): Promise<Response> => {
  const asked = new Map<Promise<Response>, AbortController>();
  let won: Promise<Response> | undefined;
  const ask = (cache: RequestCache): void => {
    const abort = new AbortController();
    const answer = fetch(url, { signal: AbortSignal.any([signal, abort.signal]), cache }).then((response) => {
      if (isForNow(response.status)) throw new FailedForNow(response);
      won ??= answer;
      return response;
    });
    asked.set(answer, abort);
  };
  ask("default");
  const first = (): Promise<Response> => Promise.any(asked.keys());
  try {
    for (let attempt = 1; attempt < tries; attempt++) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), patienceMs * 2 ** (attempt - 1))));
      const answer = await Promise.race([first(), late]).finally(() => clearTimeout(timer));
      if (answer !== null) return answer;
      // Past the browser's cache: with that it would not be sent until the one before is answered.
      ask("reload");
    }
    return await first();
  } catch (error) {
    const [reason] = error instanceof AggregateError ? error.errors : [error];
    if (reason instanceof FailedForNow) return reason.response;
    throw reason;
  } finally {
    for (const [answer, abort] of asked) {
      if (answer === won) continue;
      answer.catch(() => {});
      abort.abort();
    }
  }
};

/** All of it. Rejects where it breaks off, or nothing more comes. */
const whole = async (response: Response): Promise<Blob> => {
  const parts: Array<Uint8Array<ArrayBuffer>> = [];
  const reader = response.body?.getReader();
  for (;;) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silent = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Nothing came of ${response.url} for ${longestSilence} ms.`)), longestSilence);
    });
    try {
      const part = await Promise.race([reader?.read(), silent]);
      if (part?.value === undefined) return new Blob(parts, { type: response.headers.get("content-type") ?? "" });
      parts.push(part.value);
    } catch (error) {
      reader?.cancel().catch(() => {});
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
};

export class Clips {
  readonly #media: (assetId: string) => Promise<PlayableMedia | undefined>;
  /** What was answered that can be shown. */
  readonly #known = new Map<string, PlayableMedia & { readonly picture: string }>();
  readonly #context: BaseAudioContext;
  readonly #clips = new Map<string, { readonly clip: Promise<Clip>; readonly abort: AbortController; ready: Clip | undefined }>();
  /** Of the line, bytes per millisecond: measured at each file. */
  #rate = 1000;
  /** Until an answer begins, ms. */
  #answerMs = longestPatience / patience;

  constructor(media: (assetId: string) => Promise<PlayableMedia | undefined>, context: BaseAudioContext) {
    this.#media = media;
    this.#context = context;
  }

  /** What the line brings in so many milliseconds, bytes. */
  within(ms: number): number {
    return this.#rate * ms;
  }

  /** Undefined: not here yet. */
  ready(assetId: string): Clip | undefined {
    return this.#clips.get(assetId)?.ready;
  }

  get(assetId: string): Promise<Clip> {
    const known = this.#clips.get(assetId);
    if (known !== undefined) return known.clip;
    const abort = new AbortController();
    const entry = { clip: this.#load(assetId, abort.signal), abort, ready: undefined as Clip | undefined };
    this.#clips.set(assetId, entry);
    entry.clip.then(
      (clip) => {
        entry.ready = clip;
        if (this.#clips.get(assetId) !== entry) URL.revokeObjectURL(clip.url);
      },
      () => {
        // Its sound is not waited for any more, nor what was not read of its picture.
        abort.abort();
        if (this.#clips.get(assetId) === entry) this.#clips.delete(assetId);
      },
    );
    return entry.clip;
  }

  /** Gives up all others. */
  keep(assetIds: ReadonlySet<string>): void {
    for (const assetId of this.#clips.keys()) if (!assetIds.has(assetId)) this.drop(assetId);
  }

  /** Gives it up: it is fetched anew when it is asked for again. */
  drop(assetId: string): void {
    const entry = this.#clips.get(assetId);
    if (entry === undefined) return;
    this.#clips.delete(assetId);
    entry.abort.abort();
    if (entry.ready !== undefined) URL.revokeObjectURL(entry.ready.url);
  }

  async #load(assetId: string, signal: AbortSignal): Promise<Clip> {
    const wasKnown = this.#known.has(assetId);
    const media = await this.#seen(assetId, signal);
    const sound = this.#sound(media, signal);
    const file = await this.#again(media.picture, mostAskedPicture, signal, (response) => this.#held(response));
    if (file instanceof Response) {
      this.#known.delete(assetId);
      // An address that was good may have expired: there is another.
      if (wasKnown && !isForNow(file.status)) return this.#load(assetId, signal);
      throw new Problem((problems) => problems.file(new URL(media.picture, location.href).pathname, file.status));
    }
    return file === null
      ? { media, url: media.picture, bytes: 0, sound }
      : { media, url: URL.createObjectURL(file), bytes: file.size, sound };
  }

  /** Null: it is too large to be held. */
  async #held(response: Response): Promise<Blob | null> {
    if (Number(response.headers.get("content-length") ?? 0) > largestHeld) {
      await response.body?.cancel();
      return null;
    }
    const began = performance.now();
    const blob = await whole(response);
    this.#rate = this.#rate * 0.6 + (blob.size / Math.max(1, performance.now() - began)) * 0.4;
    return blob;
  }

  /** Asks again, until something may be shown of it. */
  async #seen(assetId: string, signal: AbortSignal): Promise<PlayableMedia & { readonly picture: string }> {
    const known = this.#known.get(assetId);
    if (known !== undefined) return known;
    for (let asked = 1; asked <= mostAsked; asked++) {
      const media = await this.#media(assetId);
      if (media === undefined) throw new Problem(({ notThere }) => notThere);
      const { picture } = media;
      if (picture !== null) {
        const seen = { ...media, picture };
        this.#known.set(assetId, seen);
        return seen;
      }
      await pause(againMs, signal);
      signal.throwIfAborted();
    }
    throw new Problem(({ notYet }) => notYet);
  }

  async #sound({ audio }: PlayableMedia, signal: AbortSignal): Promise<AudioBuffer | null> {
    if (audio === null) return null;
    try {
      // The picture plays on meanwhile.
      const file = await this.#again(audio, mostAsked, signal, whole);
      return file instanceof Response ? null : await this.#context.decodeAudioData(await file.arrayBuffer());
    } catch {
      // It is not to be had, or was given up, or is no sound.
      return null;
    }
  }

  /**
   * Asks again where there is no connection just now, one breaks off or stalls, or the server says that it cannot. Answers what is made of
   * the file, or else the refusal. Rejects where it could not be had so many times, or was given up.
   */
  async #again<T>(url: string, most: number, signal: AbortSignal, read: (response: Response) => Promise<T>): Promise<T | Response> {
    for (let asked = 1; ; asked++) {
      try {
        const response = await this.#fetch(url, signal);
        if (response.ok) return await read(response);
        await response.body?.cancel();
        if (!isForNow(response.status) || asked >= most) return response;
      } catch (error) {
        if (signal.aborted || asked >= most) throw error;
      }
      await pause(againMs, signal);
      signal.throwIfAborted();
    }
  }

  async #fetch(url: string, signal: AbortSignal): Promise<Response> {
    const patienceMs = Math.min(Math.max(this.#answerMs * patience, shortestPatience), longestPatience);
    const asked = performance.now();
    const response = await fetched(url, signal, patienceMs);
    // One that stalled says nothing of the others.
    this.#answerMs = this.#answerMs * 0.8 + Math.min(performance.now() - asked, patienceMs) * 0.2;
    return response;
  }
}
