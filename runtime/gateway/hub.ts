// What all connections of a gateway share.
import type { Context } from "effect";
import type { Quotas } from "../cluster/quotas.ts";
import type { Alarms } from "./alarms.ts";
import type { TracingShape } from "../observe/tracing.ts";
import type { Authenticator } from "./authenticator.ts";
import type { Counters } from "./counters.ts";
import type { Idempotency } from "./idempotency.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Presence } from "./presence.ts";
import type { Routes } from "./routes.ts";

export interface Work {
  /** The server shuts down. */
  readonly stop: () => void;
}

export interface Hub {
  /** Told in `welcome`: product and version. */
  readonly server: string;
  readonly routes: Routes;
  readonly limits: GatewayLimits;
  readonly counters: Counters;
  readonly alarms: Alarms;
  readonly authenticator: Authenticator;
  readonly idempotency: Idempotency;
  readonly presence: Presence;
  readonly quotas: Quotas["Service"];
  /** Null: nothing is traced. */
  readonly tracing: TracingShape | null;
  /** References (log, tracer, clock) that every fiber runs with. */
  readonly services: Context.Context<never>;
  /** Shutting down: nothing new is begun. */
  draining: boolean;
  /** Calls whose handlers run, also those that nobody waits for any more. */
  readonly working: Set<Work>;
  /** Sends a frame to the sockets of a group, which are so many. */
  publish: (group: string, frame: string, sockets: number) => void;
  /** Told whenever a connection or a call has ended. */
  changed: () => void;
}
