// How the load speaks to each contender: bare frames of its protocol over one and the same WebSocket client, so that all servers
// get the same load, whatever their own clients cost. Every request carries the same text, which must come back.

export const payload = "The quick brown fox jumps over the lazy dog, twice.";

export interface Speech {
  readonly path: string;
  /** What is said before the first request: perhaps a frame, then one is awaited that starts so. */
  readonly opening: ReadonlyArray<{ readonly send?: string; readonly awaits: string }>;
  /** `id`: counts up from 1 on each connection. */
  readonly request: (id: number) => string;
  /** What to say to a frame that is no answer; undefined: it should not have come. */
  readonly aside: (text: string) => string | undefined;
}

const pixsimCall = (id: number): string => `{"t":"call","id":${id},"call":"system.ping","input":{"echo":"${payload}"}}`;

const noAside = (): undefined => undefined;

/** An echo of the very bytes that the gateway is asked with. */
export const echoSpeech: Speech = { path: "/", opening: [], request: pixsimCall, aside: noAside };
