// What the gateway counts, for metrics and the status topic. Plain numbers: counting must cost nothing.
import { Context, Layer } from "effect";
import type { CloseReason } from "#protocol/wire/close.ts";
import type { ErrorCode } from "#protocol/wire/errors.ts";

export type Outcome = "ok" | ErrorCode;

export class GatewayCounters extends Context.Service<
  GatewayCounters,
  {
    /** Sockets that are open now, and all that ever were. */
    connections: number;
    connected: number;
    /** Connections closed by the gateway, by reason. */
    readonly closed: Map<CloseReason, number>;
    framesIn: number;
    framesOut: number;
    bytesIn: number;
    bytesOut: number;
    /** Answers by call, stream and topic name, then by outcome. Names are those of the contract: a closed set. */
    readonly outcomes: Map<string, Map<Outcome, number>>;
    /** Subscriptions and upload streams open now. */
    subscriptions: number;
    uploads: number;
    /** Delta frames not sent to slow connections, and the snapshots sent in their place. */
    deltasDropped: number;
    resyncs: number;
    httpRequests: number;
    httpBytes: number;
  }
>()("pixsim/runtime/GatewayCounters") {
  static readonly layer = Layer.sync(GatewayCounters, () => ({
    connections: 0,
    connected: 0,
    closed: new Map(),
    framesIn: 0,
    framesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    outcomes: new Map(),
    subscriptions: 0,
    uploads: 0,
    deltasDropped: 0,
    resyncs: 0,
    httpRequests: 0,
    httpBytes: 0,
  }));
}

export type Counters = GatewayCounters["Service"];

export const count = <K>(counts: Map<K, number>, key: K): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
