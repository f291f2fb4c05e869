// For the client's tests: a world with its own time, and sockets of which the test plays the server's end.
import type { ClientFrame, ServerFrame } from "../wire/frames.ts";
import { ClientFrame as ClientFrameSchema } from "../wire/frames.ts";
import { decodeUploadChunk, type UploadChunk } from "../wire/codec.ts";
import { defaultLimits, type Limits } from "../wire/limits.ts";
import type { SocketLike, Surroundings } from "./surroundings.ts";

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Lets all promises settle that can. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class World implements Surroundings {
  time = 1_764_000_000_000;
  /** Every socket that was ever opened. */
  readonly sockets: Array<ServerEnd> = [];
  /** Told of each new socket. */
  opened: (socket: ServerEnd) => void = () => {};
  chance = 0.5;
  readonly #timers = new Set<Timer>();

  readonly openSocket = (url: string): SocketLike => {
    const socket = new ServerEnd(url);
    this.sockets.push(socket);
    this.opened(socket);
    return socket.client;
  };
  readonly now = (): number => this.time;
  readonly random = (): number => this.chance;
  readonly setTimer = (run: () => void, ms: number): unknown => {
    const timer = { at: this.time + ms, run };
    this.#timers.add(timer);
    return timer;
  };
  readonly clearTimer = (timer: unknown): void => void this.#timers.delete(timer as Timer);

  /** The socket in use. */
  get socket(): ServerEnd {
    return this.sockets.at(-1)!;
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Moves time; timers ring in order, and what they start may set others. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await settle();
      let next: Timer | undefined;
      for (const timer of this.#timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
      if (next === undefined) break;
      this.#timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = end;
    await settle();
  }
}

/** The server's end of a socket. */
export class ServerEnd {
  readonly url: string;
  /** All text frames that came, each held against the schema. */
  readonly frames: Array<ClientFrame> = [];
  readonly chunks: Array<UploadChunk> = [];
  /** Told of each frame. */
  heard: (frame: ClientFrame) => void = () => {};
  heardChunk: (chunk: UploadChunk) => void = () => {};
  closedByClient = false;
  readonly client: SocketLike;

  constructor(url: string) {
    this.url = url;
    this.client = {
      binaryType: "blob",
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: (data) => {
        if (typeof data !== "string") {
          const chunk = decodeUploadChunk(data);
          if (chunk === undefined) throw new Error("The client sent a binary frame that is no chunk.");
          this.chunks.push(chunk);
          this.heardChunk(chunk);
          return;
        }
        const frame = ClientFrameSchema.parse(JSON.parse(data));
        this.frames.push(frame);
        this.heard(frame);
      },
      close: () => void (this.closedByClient = true),
    };
  }

  open(): void {
    this.client.onopen?.();
  }

  /** Opens and welcomes. */
  welcome(user: string | null = "usr_1", limits: Partial<Limits> = {}): void {
    this.open();
    this.say({ t: "welcome", version: 1, connection: "con_1", server: "test", user, limits: { ...defaultLimits, ...limits } });
  }

  say(frame: ServerFrame): void {
    this.client.onmessage?.({ data: JSON.stringify(frame) });
  }

  drop(code = 1006, reason = ""): void {
    this.client.onclose?.({ code, reason });
  }

  /** Frames of a kind, in order. */
  all<T extends ClientFrame["t"]>(t: T): Array<Extract<ClientFrame, { t: T }>> {
    return this.frames.filter((frame): frame is Extract<ClientFrame, { t: T }> => frame.t === t);
  }
}
