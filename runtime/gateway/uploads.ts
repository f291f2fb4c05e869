// The upload streams of one connection: chunks are written one at a time and in order, acknowledged when stored, and never more
// of them wait than the window allows.
import { Effect, Exit } from "effect";
import { encodeFrame, type UploadChunk } from "#protocol/wire/codec.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { errorOf } from "./failures.ts";
import type { UploadSink } from "./handlers.ts";
import type { Line } from "./line.ts";

export class Uploads {
  readonly #line: Line;
  /** Least recently used first. */
  readonly #streams = new Map<number, Upload>();
  #last = 0;

  constructor(line: Line) {
    this.#line = line;
  }

  /** Binds a sink to the next number. A client that opens ever more loses the one it has not used for the longest. */
  open(sink: UploadSink): number {
    const { limits, counters } = this.#line.hub;
    if (this.#streams.size >= limits.maxUploadStreams) {
      for (const [stream, upload] of this.#streams) {
        this.#abort(stream, upload, new CallError("overloaded", "Too many uploads are open on this connection. Resume this one later."));
        break;
      }
    }
    const stream = ++this.#last;
    counters.uploads++;
    this.#streams.set(stream, new Upload(this.#line, stream, sink, (upload, error) => this.#abort(stream, upload, error)));
    return stream;
  }

  /** False: no such stream was ever opened. Chunks of one that was aborted are dropped: the client may not know yet. */
  chunk(chunk: UploadChunk): boolean {
    const { stream } = chunk;
    const upload = this.#streams.get(stream);
    if (upload === undefined) return stream >= 1 && stream <= this.#last;
    this.#streams.delete(stream);
    this.#streams.set(stream, upload);
    upload.push(chunk);
    return true;
  }

  #abort(stream: number, upload: Upload, error: CallError): void {
    if (!this.#streams.delete(stream)) return;
    this.#line.send(encodeFrame({ t: "abort", stream, e: error.toWire() }));
    this.#close(upload);
  }

  #close(upload: Upload): void {
    this.#line.hub.counters.uploads--;
    upload.close();
  }

  /** The connection is gone, or speaks for another user. */
  drop(): void {
    for (const upload of this.#streams.values()) this.#close(upload);
    this.#streams.clear();
  }
}

class Upload {
  readonly #line: Line;
  readonly #stream: number;
  readonly #sink: UploadSink;
  readonly #abort: (upload: Upload, error: CallError) => void;
  readonly #waiting: Array<UploadChunk> = [];
  #unacknowledged = 0;
  #writing = false;
  #closed = false;

  constructor(line: Line, stream: number, sink: UploadSink, abort: (upload: Upload, error: CallError) => void) {
    this.#line = line;
    this.#stream = stream;
    this.#sink = sink;
    this.#abort = abort;
  }

  push(chunk: UploadChunk): void {
    const limit = this.#line.hub.limits.uploadWindowBytes;
    this.#unacknowledged += chunk.bytes.length;
    if (this.#unacknowledged > limit) {
      this.#abort(this, new CallError("payload_too_large", `More than ${limit} bytes were sent that are not acknowledged.`, { limit }));
      return;
    }
    this.#waiting.push(chunk);
    if (this.#writing) return;
    this.#writing = true;
    this.#line.run(this.#drain);
  }

  readonly #drain: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    for (let chunk = this.#waiting.shift(); chunk !== undefined; chunk = this.#waiting.shift()) {
      const { offset, bytes } = chunk;
      const exit = yield* Effect.exit(Effect.suspend(() => this.#sink.write(offset, bytes)));
      this.#unacknowledged -= bytes.length;
      if (this.#closed) break;
      if (Exit.isSuccess(exit)) this.#line.send(encodeFrame({ t: "ack", stream: this.#stream, offset: exit.value }));
      else this.#abort(this, errorOf(exit.cause, "upload", this.#line.log));
    }
    this.#writing = false;
    if (this.#closed) yield* this.#sink.close;
  });

  /** What waits is dropped; the chunk being written is written before the sink is closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting.length = 0;
    if (!this.#writing) this.#line.run(this.#sink.close);
  }
}
