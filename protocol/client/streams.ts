// Server streams as async iterables. The server sends only as much as was taken here: a slow reader slows the sender, not the page.
import type { StreamInput, StreamItem, StreamName } from "../contract.ts";
import { CallError } from "../wire/errors.ts";
import type { Connection } from "./connection.ts";

/** Items that may be on their way or wait to be taken. */
const credit = 64;
/** Granted anew when so many were taken. */
const grant = credit / 2;

interface OpenStream {
  readonly push: (item: unknown) => void;
  readonly end: (error: CallError | null) => void;
}

export class Streams {
  readonly #connection: Connection;
  readonly #nextId: () => number;
  readonly #open = new Map<number, OpenStream>();

  constructor(connection: Connection, nextId: () => number) {
    this.#connection = connection;
    this.#nextId = nextId;
  }

  item(id: number, item: unknown): void {
    this.#open.get(id)?.push(item);
  }

  /** Null: the stream is complete. False: no stream has this id. */
  ended(id: number, error: CallError | null): boolean {
    const stream = this.#open.get(id);
    if (stream === undefined) return false;
    this.#open.delete(id);
    stream.end(error);
    return true;
  }

  endAll(error: CallError): void {
    for (const stream of this.#open.values()) stream.end(error);
    this.#open.clear();
  }

  async *stream<N extends StreamName>(
    name: N,
    input: StreamInput<N>,
    options: { readonly signal?: AbortSignal },
  ): AsyncGenerator<StreamItem<N>, void, undefined> {
    const { signal } = options;
    const connection = this.#connection;
    await connection.whenReady(signal);
    const id = this.#nextId();
    let items: Array<unknown> = [];
    let ended: CallError | null | undefined;
    let wake: (() => void) | undefined;
    this.#open.set(id, {
      push: (item) => {
        items.push(item);
        wake?.();
      },
      end: (error) => {
        ended = error;
        wake?.();
      },
    });
    const abort = () => {
      items = [];
      ended = new CallError("cancelled", "The stream was cancelled.");
      wake?.();
    };
    signal?.addEventListener("abort", abort);
    if (!connection.send({ t: "open", id, stream: name, input, credit })) {
      this.ended(id, new CallError("payload_too_large", "The input is too large to be sent."));
    }
    let taken = 0;
    try {
      for (;;) {
        const batch = items;
        items = [];
        for (const item of batch) {
          if (ended?.code === "cancelled" && signal?.aborted === true) break;
          // The contract says what a stream carries; the server is trusted to keep it.
          yield item as StreamItem<N>;
          if (++taken < grant) continue;
          taken = 0;
          if (this.#open.has(id)) connection.send({ t: "credit", id, n: grant });
        }
        if (items.length > 0) continue;
        if (ended === null) return;
        if (ended !== undefined) throw ended;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      // Left before its end.
      if (this.#open.delete(id)) connection.send({ t: "cancel", id });
    }
  }
}
