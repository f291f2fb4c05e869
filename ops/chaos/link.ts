// A TCP connection that can be cut and slowed down: stands between a runner and a service, or before a runner, so that this one alone
// loses it.
import { connect, createServer, type Server, type Socket } from "node:net";

export interface Link {
  readonly port: number;
  /** Ends what is open and takes nothing new, or holds all bytes back, until it is mended. */
  readonly cut: (how: "closed" | "silent") => void;
  /** Once what goes out contains `pattern`, all passes but the answers, until it is mended. Resolves at that moment. */
  readonly withhold: (pattern: RegExp) => Promise<void>;
  /** Bytes of either direction arrive `ms` later, until it is mended. */
  readonly delay: (ms: number) => void;
  readonly mend: () => void;
  /**
   * Of the connections over which `said` went out first, no byte passes ever again, and neither end is told, as when a router has
   * forgotten them. All others, and what is opened from then on, are well.
   */
  readonly strand: (said: RegExp) => void;
  readonly close: () => Promise<void>;
}

/** What is looked for may come in several pieces, of so many bytes together at most. */
const longestMatch = 8192;

/** Bytes on their way, in order. */
class Lane {
  readonly #waiting: Array<{ readonly bytes: Buffer; readonly at: number }> = [];
  readonly #to: Socket;
  #timer: NodeJS.Timeout | undefined;

  constructor(to: Socket) {
    this.#to = to;
  }

  send(bytes: Buffer, delay: number): void {
    if (delay === 0 && this.#waiting.length === 0) return void this.#to.write(bytes);
    this.#waiting.push({ bytes, at: performance.now() + delay });
    this.#timer ??= setTimeout(this.#pass, delay);
  }

  readonly #pass = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    while (this.#waiting[0] !== undefined && this.#waiting[0].at <= now) this.#to.write(this.#waiting.shift()!.bytes);
    if (this.#waiting[0] !== undefined) this.#timer = setTimeout(this.#pass, this.#waiting[0].at - now);
  };

  close(): void {
    clearTimeout(this.#timer);
    this.#to.destroy();
  }
}

/** `at`: port where it listens; 0: any free one. */
export const link = async (target: number, at = 0): Promise<Link> => {
  /** With what went out first over each. */
  const pairs = new Map<readonly [Socket, Socket], string>();
  const stranded = new Set<readonly [Socket, Socket]>();
  /** `mute`: nothing is answered. */
  let state: "open" | "closed" | "silent" | "mute" = "open";
  let delay = 0;
  let awaited: { readonly pattern: RegExp; readonly found: () => void } | null = null;
  const withheld = (): void => {
    state = "mute";
    for (const [, far] of pairs.keys()) far.pause();
    awaited?.found();
    awaited = null;
  };
  const server: Server = createServer((near) => {
    if (state === "closed") return void near.destroy();
    const far = connect(target, "127.0.0.1");
    const pair = [near, far] as const;
    pairs.set(pair, "");
    for (const [from, to] of [pair, [far, near] as const]) {
      const lane = new Lane(to);
      from.on("data", (bytes) => lane.send(bytes, delay));
      // One end of a pair that is gone takes the other with it.
      from.on("error", () => lane.close());
      from.on("close", () => {
        lane.close();
        pairs.delete(pair);
        stranded.delete(pair);
      });
    }
    let said = "";
    near.on("data", (bytes) => {
      const first = pairs.get(pair) ?? "";
      if (first.length < longestMatch) pairs.set(pair, first + bytes.toString("latin1"));
      if (awaited === null) return void (said = "");
      said += bytes.toString("latin1");
      if (awaited.pattern.test(said)) withheld();
      said = said.slice(-longestMatch);
    });
    if (state === "silent") for (const socket of pair) socket.pause();
    if (state === "mute") far.pause();
  });
  await new Promise<void>((resolve) => server.listen(at, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut: (how) => {
      state = how;
      for (const socket of [...pairs.keys()].flat()) {
        if (how === "closed") socket.destroy();
        else socket.pause();
      }
    },
    withhold: (pattern) => new Promise((found) => (awaited = { pattern, found })),
    delay: (ms) => {
      delay = ms;
    },
    mend: () => {
      state = "open";
      awaited = null;
      delay = 0;
      for (const pair of pairs.keys()) for (const socket of pair) socket.resume();
    },
    strand: (said) => {
      for (const [pair, first] of pairs) {
        if (!said.test(first)) continue;
        pairs.delete(pair);
        stranded.add(pair);
        for (const socket of pair) socket.pause();
      }
    },
    close: () =>
      new Promise((resolve) => {
        for (const pair of [...pairs.keys(), ...stranded]) for (const socket of pair) socket.destroy();
        server.close(() => resolve());
      }),
  };
};
