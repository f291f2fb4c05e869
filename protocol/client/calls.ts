// Calls: they wait for a connection, are made again with the same key on the next one if theirs is lost, so that they happen once,
// and end in an answer, an error or at their deadline. What one user asked for is never sent as another's, nor as nobody's:
// who speaks is looked at when it is sent, and it waits while that may change.
import type { CallInput, CallName, CallOutput } from "../contract.ts";
import { CallError } from "../wire/errors.ts";
import type { Connection } from "./connection.ts";
import { newKey } from "./key.ts";
import { retryWait } from "./retry.ts";
import type { Surroundings } from "./surroundings.ts";

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** How long to wait in all, over reconnects and new tries, ms. Default 30,000. */
  readonly deadlineMs?: number;
  /** Idempotency key, 8 to 100 characters; a call without gets a fresh one. */
  readonly key?: string;
}

/** Rejects with CallError. */
export type Call = <N extends CallName>(name: N, input: CallInput<N>, options?: CallOptions) => Promise<CallOutput<N>>;

const defaultDeadlineMs = 30_000;
/** Longest deadline the wire knows, ms. */
const longestDeadlineMs = 300_000;
/** Calls that may wait for a connection, or for others to end. */
const maxWaiting = 10_000;

interface Request {
  readonly name: CallName;
  /** JSON of the input as it was when asked. */
  readonly input: string;
  readonly key: string;
  /** For whom the connection spoke when it was asked for. Null: it did not say yet, or it is for whoever it speaks for. */
  readonly user: string | null;
  /** Ms since 1970. */
  readonly until: number;
  /** May go out while the session is being renewed. */
  readonly early: boolean;
  /** May be sent again. Tokens are traded once: a lost answer is for the owner of the session to handle. */
  readonly repeats: boolean;
  readonly settle: (error: CallError | null, result?: unknown) => void;
  tries: number;
  renewed: boolean;
  /** Of the next try. */
  wait: unknown;
}

const signsIn: ReadonlySet<CallName> = new Set(["auth.signIn", "auth.redeem", "auth.refresh"]);
const lost = (): CallError => new CallError("unavailable", "The connection to the server was lost before it answered.");
const leftBehind = (): CallError => new CallError("unauthenticated", "Who asked for it is not signed in here any more: it was not sent.");

export class Calls {
  readonly #connection: Connection;
  readonly #world: Surroundings;
  readonly #client: string;
  readonly #nextId: () => number;
  /** All that have not ended. */
  readonly #open = new Set<Request>();
  /** Those that may be sent, in the order of asking. */
  readonly #queue = new Set<Request>();
  readonly #sent = new Map<number, Request>();
  /** Those of them that sign somebody in. */
  readonly #signingIn = new Set<number>();

  constructor(connection: Connection, world: Surroundings, client: string, nextId: () => number) {
    this.#connection = connection;
    this.#world = world;
    this.#client = client.replace(/[^\w.-]+/g, "").slice(0, 20);
    this.#nextId = nextId;
  }

  readonly call: Call = (name, input, options) => this.#request(name, input, options ?? {}, false);

  /** For renewing the session: goes out as soon as the server has said welcome. */
  readonly early: Call = (name, input, options) => this.#request(name, input, options ?? {}, true);

  #request<N extends CallName>(name: N, input: CallInput<N>, options: CallOptions, early: boolean): Promise<CallOutput<N>> {
    const world = this.#world;
    const { phase } = this.#connection;
    const { signal, deadlineMs = defaultDeadlineMs } = options;
    if (signal?.aborted === true) return Promise.reject(new CallError("cancelled", "The call was cancelled."));
    if (phase.name === "stopped") return Promise.reject(new CallError("unavailable", `The connection has ended: ${phase.reason}`));
    if (this.#open.size >= maxWaiting) return Promise.reject(new CallError("overloaded", "Too many calls wait for the server."));
    return new Promise((resolve, reject) => {
      const json = JSON.stringify(input);
      const request: Request = {
        name,
        input: json,
        key: options.key ?? `${this.#client}-${newKey()}`,
        user: early || signsIn.has(name) ? null : this.#connection.user,
        until: world.now() + deadlineMs,
        early,
        repeats: !name.startsWith("auth."),
        settle: (error, result) => {
          world.clearTimer(timer);
          world.clearTimer(request.wait);
          signal?.removeEventListener("abort", abort);
          this.#open.delete(request);
          this.#queue.delete(request);
          // The contract says what a call answers; the server is trusted to keep it.
          if (error === null) resolve(result as CallOutput<N>);
          else reject(error);
        },
        tries: 0,
        renewed: false,
        wait: undefined,
      };
      const abort = () => this.#takeBack(request, new CallError("cancelled", "The call was cancelled."));
      const late = () =>
        this.#takeBack(request, new CallError("deadline_exceeded", "The server did not answer in time; the work may still complete."));
      const timer = world.setTimer(late, deadlineMs);
      signal?.addEventListener("abort", abort);
      this.#open.add(request);
      this.#again(request);
    });
  }

  /**
   * Sends what waits and may go. Behind a call that signs somebody in the server would take it for that one's: until that is answered, what
   * somebody asked for stays here.
   */
  readonly pump = (): void => {
    const { phase, limits } = this.#connection;
    if (phase.name !== "ready" && phase.name !== "authenticating") return;
    for (const request of this.#queue) {
      if (this.#sent.size >= limits.maxInFlight) return;
      if ((phase.name !== "ready" && !request.early) || (request.user !== null && this.#signingIn.size > 0)) continue;
      this.#send(request);
    }
  };

  #send(request: Request): void {
    this.#queue.delete(request);
    if (request.user !== null && request.user !== this.#connection.user) return request.settle(leftBehind());
    const id = this.#nextId();
    this.#sent.set(id, request);
    if (signsIn.has(request.name)) this.#signingIn.add(id);
    const { name, input, key, until } = request;
    const deadline = Math.round(Math.max(1, Math.min(longestDeadlineMs, until - this.#world.now())));
    const text = `{"t":"call","id":${id},"call":"${name}","input":${input},"key":${JSON.stringify(key)},"deadline":${deadline}}`;
    if (this.#connection.sendText(text)) return;
    this.#unsend(id);
    const limit = this.#connection.limits.maxTextBytes;
    request.settle(new CallError("payload_too_large", `The input is too large: at most ${limit} bytes can be sent.`, { limit }));
  }

  #unsend(id: number): void {
    this.#sent.delete(id);
    this.#signingIn.delete(id);
  }

  #takeBack(request: Request, error: CallError): void {
    for (const [id, other] of this.#sent) {
      if (other !== request) continue;
      this.#unsend(id);
      this.#connection.send({ t: "cancel", id });
      // It may have been done all the same.
      if (signsIn.has(request.name)) this.#connection.startOver();
      break;
    }
    request.settle(error);
    this.pump();
  }

  answered(id: number, result: unknown): void {
    const request = this.#sent.get(id);
    if (request === undefined) return;
    this.#unsend(id);
    if (signsIn.has(request.name)) {
      const { user, accessExpiresAt } = result as CallOutput<"auth.refresh">;
      this.#connection.granted(user.id, accessExpiresAt);
    }
    request.settle(null, result);
    this.pump();
  }

  /** False: no call has this id. */
  failed(id: number, error: CallError): boolean {
    const request = this.#sent.get(id);
    if (request === undefined) return false;
    this.#unsend(id);
    if (error.code === "token_expired" && !request.renewed && !request.early) {
      request.renewed = true;
      void this.#connection.renew().then(() => this.#again(request));
    } else {
      const wait = request.repeats ? retryWait(error, request.tries, this.#world.random()) : null;
      if (wait === null || this.#world.now() + wait >= request.until) {
        request.settle(error);
      } else {
        request.tries++;
        request.wait = this.#world.setTimer(() => this.#again(request), wait);
      }
    }
    this.pump();
    return true;
  }

  #again(request: Request): void {
    if (!this.#open.has(request)) return;
    this.#queue.add(request);
    this.pump();
  }

  /** The connection is gone: what was sent on it may be sent again on the next. */
  lost(): void {
    const sent = [...this.#sent.values()];
    this.#sent.clear();
    this.#signingIn.clear();
    for (const request of sent) {
      if (request.repeats) this.#queue.add(request);
      else request.settle(lost());
    }
  }

  end(error: CallError): void {
    for (const request of this.#open) request.settle(error);
  }
}
