// What the simulators of providers share: a real HTTP server, accounts with keys, credits, concurrency and rates, a ledger of what was
// charged, time that may run faster, and faults. State changes by looking at the clock, never by timers: nothing runs between requests.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { parseJson } from "#actors/provider/wide.ts";
import { Faults, type RandomFaults } from "./faults.ts";

export interface AccountOptions {
  readonly key: string;
  /** By type, in the order in which they are used up. */
  readonly credits: Readonly<Record<string, number>>;
  /** Jobs at the same time. */
  readonly concurrency: number;
  /** Requests a minute of the provider's time; null: as many as one likes. Default: null. */
  readonly perMinute?: number | null;
}

export interface SimulatorOptions {
  /** How much faster than real time it lives. Default: 1. */
  readonly speed?: number;
  /** Default: any that is free. */
  readonly port?: number;
  readonly accounts?: ReadonlyArray<AccountOptions>;
  readonly faults?: RandomFaults;
  /** Time of a generation, ms of the provider's time. Default: what the provider takes for such a request. */
  readonly generationMs?: number;
  /** No two jobs are given the same bytes, however alike their videos are. Default: they may be. */
  readonly unlike?: boolean;
  /** An MP4 file that every job is given. Default: a small video like what was asked for. */
  readonly video?: Buffer;
}

export class SimulatedAccount {
  readonly key: string;
  readonly credits: Map<string, number>;
  concurrency: number;
  perMinute: number | null;
  /** Of the last minute, provider's time. */
  requests: Array<number> = [];
  /** The most jobs that were under way at the same time. */
  peak = 0;

  constructor({ key, credits, concurrency, perMinute = null }: AccountOptions) {
    this.key = key;
    this.credits = new Map(Object.entries(credits));
    this.concurrency = concurrency;
    this.perMinute = perMinute;
  }

  get left(): number {
    return [...this.credits.values()].reduce((sum, amount) => sum + amount, 0);
  }
}

export type Ending = "done" | "failed" | "refused" | "cancelled";

export interface SimulatedJob {
  readonly id: string;
  /** What the client knows it by: a trace id, an idempotency key; null where the provider knows none. */
  readonly key: string | null;
  readonly account: SimulatedAccount;
  /** Provider's time, ms. `endsAt` is Infinity for a job that stalls. */
  readonly createdAt: number;
  startsAt: number;
  endsAt: number;
  ending: Ending;
  /** The provider knows nothing of it any more. */
  isLost: boolean;
  readonly cost: number;
  /** By type of credits. */
  readonly paid: ReadonlyMap<string, number>;
  isSettled: boolean;
  /** Requests about it that were answered. */
  asked: number;
}

export interface LedgerRow {
  readonly at: number;
  readonly account: string;
  readonly jobId: string;
  readonly key: string | null;
  readonly kind: "charge" | "refund";
  readonly amount: number;
}

export interface Recorded {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** As `parseJson` reads it: wide integers are strings. Undefined if it is not JSON. */
  readonly json: unknown;
  readonly kind: Route["kind"] | null;
  /** When it came, and when its answer had been handed to the system; real time, ms epoch. NaN: not answered. */
  readonly at: number;
  endedAt: number;
}

export interface Call extends Recorded {
  readonly params: Readonly<Record<string, string>>;
  readonly account: SimulatedAccount;
  readonly form: () => Promise<FormData>;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; `wide` makes wide integers. */
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  readonly type?: string;
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Parts that begin with `:` are parameters; `*` at the end takes the rest, named `rest`. */
  readonly path: string;
  /** What faults are for: `submit` starts something, `file` is a result, needs no key and may be asked for by anybody. */
  readonly kind: "submit" | "status" | "file" | "other";
  readonly handle: (call: Call) => Reply | Promise<Reply>;
}

export interface Vendor {
  readonly routes: ReadonlyArray<Route>;
  /** The key that a request shows. */
  readonly keyOf: (request: Recorded) => string | undefined;
  /** What the vendor says on such occasions. */
  readonly replies: Readonly<Record<"unauthorized" | "rateLimited" | "unavailable" | "notFound", Reply>>;
  /** Endings after which it gives credits back. */
  readonly refunds: ReadonlyArray<Ending>;
}

/** Requests that are remembered. */
const remembered = 5000;

/** With a box at its end that players pass over. */
const marked = (file: Uint8Array, mark: string): Buffer => {
  const box = Buffer.concat([Buffer.alloc(4), Buffer.from(`free${mark}`)]);
  box.writeUInt32BE(box.length);
  return Buffer.concat([file, box]);
};

export class Simulator<J extends SimulatedJob = SimulatedJob> {
  readonly faults = new Faults();
  readonly speed: number;
  readonly accounts = new Map<string, SimulatedAccount>();
  readonly jobs = new Map<string, J>();
  readonly ledger: Array<LedgerRow> = [];
  /** The newest last. */
  readonly requests: Array<Recorded> = [];
  url = "";
  readonly #server: Server;
  readonly #vendor: Vendor;
  readonly #unlike: boolean;
  readonly #video: Buffer | undefined;
  readonly #patterns: ReadonlyArray<{ readonly route: Route; readonly pattern: RegExp }>;
  readonly #startedAt = Date.now();
  readonly #sockets = new Set<ServerResponse>();

  constructor(vendor: Vendor, { speed = 1, accounts = [], faults, unlike = false, video }: SimulatorOptions) {
    this.speed = speed;
    this.#unlike = unlike;
    this.#video = video;
    this.#vendor = vendor;
    this.#patterns = vendor.routes.map((route) => ({ route, pattern: patternOf(route.path) }));
    for (const account of accounts) this.accounts.set(account.key, new SimulatedAccount(account));
    if (faults !== undefined) this.faults.atRandom(faults);
    this.#server = createServer((request, response) => {
      this.#sockets.add(response);
      response.on("close", () => this.#sockets.delete(response));
      this.#serve(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error));
      });
    });
  }

  /** The server, for those who speak WebSocket too. */
  get server(): Server {
    return this.#server;
  }

  async listen(port = 0): Promise<void> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  /** Provider's time, ms epoch. */
  now(): number {
    return this.#startedAt + (Date.now() - this.#startedAt) * this.speed;
  }

  /** Jobs of an account that have not ended. */
  active(account: SimulatedAccount): Array<J> {
    const now = this.now();
    return [...this.jobs.values()].filter((job) => job.account === account && job.endsAt > now);
  }

  /** Takes the cost from the account's credits; the caller has checked that there are enough. */
  pay(account: SimulatedAccount, jobId: string, key: string | null, cost: number): ReadonlyMap<string, number> {
    const paid = new Map<string, number>();
    let due = cost;
    for (const [type, amount] of account.credits) {
      const part = Math.min(amount, due);
      if (part <= 0) continue;
      account.credits.set(type, amount - part);
      paid.set(type, part);
      due -= part;
    }
    if (cost > 0) this.ledger.push({ at: this.now(), account: account.key, jobId, key, kind: "charge", amount: cost });
    return paid;
  }

  /** Keeps a job; faults may decide another end for it. */
  add(job: J): void {
    if (this.faults.take("refusedLate")) job.ending = "refused";
    else if (this.faults.take("failedLate")) job.ending = "failed";
    if (this.faults.take("lost")) job.isLost = true;
    this.jobs.set(job.id, job);
    job.account.peak = Math.max(job.account.peak, this.active(job.account).length);
  }

  /** Gives back what jobs have cost that ended without a result. */
  settle(): void {
    const now = this.now();
    for (const job of this.jobs.values()) {
      if (job.isSettled || job.endsAt > now) continue;
      job.isSettled = true;
      if (!this.#vendor.refunds.includes(job.ending) || job.cost === 0) continue;
      for (const [type, amount] of job.paid) job.account.credits.set(type, (job.account.credits.get(type) ?? 0) + amount);
      this.ledger.push({ at: now, account: job.account.key, jobId: job.id, key: job.key, kind: "refund", amount: job.cost });
    }
  }

  /** What the account was charged, refunds taken off. */
  charged(key: string): number {
    this.settle();
    return this.ledger
      .filter(({ account }) => account === key)
      .reduce((sum, { kind, amount }) => sum + (kind === "charge" ? amount : -amount), 0);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await buffer(request);
    const url = new URL(request.url ?? "/", "http://simulator");
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value);
    const [method, path] = [request.method ?? "", url.pathname];
    const found = this.#find(method, path);
    const recorded: Recorded = {
      method,
      path,
      query: url.searchParams,
      headers,
      bytes,
      json: bytes.length === 0 ? undefined : parseJson(bytes.toString("utf8")),
      kind: found?.route.kind ?? null,
      at: Date.now(),
      endedAt: Number.NaN,
    };
    response.on("finish", () => (recorded.endedAt = Date.now()));
    this.requests.push(recorded);
    if (this.requests.length > remembered) this.requests.shift();
    if (this.faults.take("cutBefore")) return void request.socket.destroy();
    const latencyMs = this.faults.latency();
    if (latencyMs > 0) await delay(latencyMs);
    if (found === undefined) return send(response, this.#vendor.replies.notFound);
    if (found.route.kind === "file") {
      const reply = await found.route.handle(this.#call(recorded, found.params, nobody));
      return this.#file(response, this.#delivered(reply, `${recorded.path}?${recorded.query.toString()}`));
    }
    await this.#api(found.route, found.params, recorded, response);
  }

  async #api(route: Route, params: Readonly<Record<string, string>>, recorded: Recorded, response: ServerResponse): Promise<void> {
    const { replies, keyOf } = this.#vendor;
    const account = this.accounts.get(keyOf(recorded) ?? "");
    if (account === undefined || this.faults.take("expired")) return send(response, replies.unauthorized);
    if (this.faults.take("serverError")) return send(response, replies.unavailable);
    if (this.faults.take("rateLimit") || this.#isTooFast(account)) return send(response, replies.rateLimited);
    if (this.faults.take("page")) return send(response, { status: 200, bytes: Buffer.from(page), type: "text/html" });
    if (this.faults.take("endless")) return endless(response);
    this.settle();
    const reply = await route.handle(this.#call(recorded, params, account));
    if (route.kind === "submit" && reply.status < 300) {
      if (this.faults.take("cutAfter")) return void response.destroy();
      if (this.faults.take("astray")) return send(response, { status: 302 });
      if (this.faults.take("silent")) return;
    }
    send(response, reply);
  }

  #delivered(reply: Reply, mark: string): Reply {
    if (reply.bytes === undefined || reply.type !== "video/mp4") return reply;
    const bytes = this.#video ?? reply.bytes;
    return { ...reply, bytes: this.#unlike ? marked(bytes, mark) : bytes };
  }

  #file(response: ServerResponse, reply: Reply): void {
    if (reply.status === 200) {
      if (this.faults.take("missingFile")) return send(response, { status: 404, bytes: Buffer.from("not here"), type: "text/plain" });
      if (this.faults.take("wrongFile")) return send(response, { status: 200, bytes: Buffer.from(page), type: "video/mp4" });
      if (this.faults.take("privateRedirect")) {
        return send(response, { status: 302, headers: { location: "http://169.254.169.254/latest/meta-data" } });
      }
      if (this.faults.take("truncatedFile") && reply.bytes !== undefined) {
        response.writeHead(200, { "content-type": reply.type ?? "", "content-length": reply.bytes.length });
        response.write(reply.bytes.subarray(0, reply.bytes.length >> 1), () => response.destroy());
        return;
      }
    }
    send(response, reply);
  }

  #isTooFast(account: SimulatedAccount): boolean {
    const now = this.now();
    account.requests = account.requests.filter((at) => at > now - 60_000);
    if (account.perMinute !== null && account.requests.length >= account.perMinute) return true;
    account.requests.push(now);
    return false;
  }

  #find(method: string, path: string): { readonly route: Route; readonly params: Readonly<Record<string, string>> } | undefined {
    for (const { route, pattern } of this.#patterns) {
      const match = route.method === method ? pattern.exec(path) : null;
      if (match !== null) return { route, params: { ...match.groups } };
    }
    return undefined;
  }

  #call(recorded: Recorded, params: Readonly<Record<string, string>>, account: SimulatedAccount): Call {
    const type = recorded.headers["content-type"] ?? "";
    const form = (): Promise<FormData> => new Response(new Uint8Array(recorded.bytes), { headers: { "content-type": type } }).formData();
    return { ...recorded, params, account, form };
  }
}

/** Asks for files without a key. */
const nobody = new SimulatedAccount({ key: "", credits: {}, concurrency: 0 });
const page = "<!doctype html><html><title>Welcome</title><body>Please sign in to continue.</body></html>";

const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replaceAll(".", "\\.")
      .replace(/:(\w+)/g, "(?<$1>[^/]+)")
      .replace(/\*$/, "(?<rest>.+)")}$`,
  );

const send = (response: ServerResponse, { status, headers = {}, json, bytes, type }: Reply): void => {
  const body = bytes ?? (json === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(json)));
  const contentType = type ?? (json === undefined ? undefined : "application/json");
  response.writeHead(status, {
    ...(contentType === undefined ? {} : { "content-type": contentType }),
    "content-length": body.length,
    ...headers,
  });
  response.end(body);
};

const endless = (response: ServerResponse): void => {
  response.writeHead(200, { "content-type": "application/json" });
  const more = (): void => {
    while (response.write("[".repeat(16_384)));
  };
  response.on("drain", more);
  more();
};

export interface PromptOrders {
  /** Refused when it is submitted. */
  readonly reject: boolean;
  /** Refused at its end. */
  readonly filtered: boolean;
  readonly fail: boolean;
  /** Never ends. */
  readonly stall: boolean;
  /** Takes so many seconds longer. */
  readonly slow: number;
}

/** Words of a prompt that order a behaviour. */
export const ordersIn = (prompt: string): PromptOrders => ({
  reject: /#reject\b/i.test(prompt),
  filtered: /#filtered\b/i.test(prompt),
  fail: /#fail\b/i.test(prompt),
  stall: /#stall\b/i.test(prompt),
  slow: Number(/#slow:(\d+(?:\.\d+)?)/i.exec(prompt)?.[1] ?? 0),
});

/** When and how a job of such a prompt ends, provider's time. */
export const plannedEnd = (
  prompt: string,
  startsAt: number,
  generationMs: number,
): { readonly endsAt: number; readonly ending: Ending } => {
  const orders = ordersIn(prompt);
  return {
    endsAt: orders.stall ? Number.POSITIVE_INFINITY : startsAt + generationMs + orders.slow * 1000,
    ending: orders.filtered ? "refused" : orders.fail ? "failed" : "done",
  };
};
