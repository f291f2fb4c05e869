// The life of a connection as a small statechart. Pure: no clock, no socket.
import { shouldReconnect } from "../wire/close.ts";

export type Phase =
  /** The socket is opening, or waits for the answer to hello. `attempt` counts from 0 since the last time it was ready. */
  | { readonly name: "connecting"; readonly attempt: number }
  /** Welcomed; the session is being renewed. */
  | { readonly name: "authenticating"; readonly attempt: number }
  | { readonly name: "ready" }
  /** Lost; the next try is at `until` (ms epoch). */
  | { readonly name: "waiting"; readonly attempt: number; readonly until: number }
  /** Ended for good: by the client itself (code 1000) or by a close code that says so. */
  | { readonly name: "stopped"; readonly code: number; readonly reason: string };

export type PhaseEvent =
  | { readonly type: "welcomed"; readonly renews: boolean }
  | { readonly type: "authenticated" }
  /** `random` from 0 to 1 spreads the clients of a server that comes back. */
  | {
      readonly type: "closed";
      readonly code: number;
      readonly reason: string;
      readonly now: number;
      readonly random: number;
      /** How long the server asked to stay away, ms. */
      readonly atLeast: number;
    }
  | { readonly type: "retry" }
  | { readonly type: "stop" };

const longestWaitMs = 10_000;
const shortestWaitMs = 100;

/** Full jitter: anywhere up to a bound that doubles from 250 ms to 10 s. */
const waitMs = (attempt: number, random: number): number =>
  Math.max(shortestWaitMs, Math.round(random * Math.min(longestWaitMs, 250 * 2 ** Math.min(attempt, 10))));

export const nextPhase = (phase: Phase, event: PhaseEvent): Phase => {
  if (event.type === "stop") return { name: "stopped", code: 1000, reason: "closed by the client" };
  switch (phase.name) {
    case "connecting":
    case "authenticating":
    case "ready": {
      if (event.type === "welcomed" && phase.name === "connecting") {
        return event.renews ? { name: "authenticating", attempt: phase.attempt } : { name: "ready" };
      }
      if (event.type === "authenticated" && phase.name === "authenticating") return { name: "ready" };
      if (event.type !== "closed") return phase;
      if (!shouldReconnect(event.code)) return { name: "stopped", code: event.code, reason: event.reason };
      const attempt = phase.name === "ready" ? 0 : phase.attempt + 1;
      return { name: "waiting", attempt, until: event.now + event.atLeast + waitMs(attempt, event.random) };
    }
    case "waiting":
      return event.type === "retry" ? { name: "connecting", attempt: phase.attempt } : phase;
    case "stopped":
      return event.type === "retry" ? { name: "connecting", attempt: 0 } : phase;
  }
};
