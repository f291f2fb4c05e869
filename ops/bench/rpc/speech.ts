// How the load speaks to each contender: bare frames of its protocol over one and the same WebSocket client, so that all servers
// get the same load, whatever their own clients cost. Every request carries the same text, which must come back.
import type { Opening } from "../opening.ts";

export const payload = "The quick brown fox jumps over the lazy dog, twice.";

export interface Speech {
  readonly path: string;
  /** What is said before the first request. */
  readonly opening: Opening;
  /** `id`: counts up from 1 on each connection. */
  readonly request: (id: number) => string;
  /** What to say to a frame that is no answer; undefined: it should not have come. */
  readonly aside: (text: string) => string | undefined;
}

const pixsimCall = (id: number): string => `{"t":"call","id":${id},"call":"system.ping","input":{"echo":"${payload}"}}`;

const noAside = (): undefined => undefined;

/** An echo of the very bytes that the gateway is asked with. */
export const echoSpeech: Speech = { path: "/", opening: [], request: pixsimCall, aside: noAside };

/** Signed in by the first frame; the server's pings are answered. */
export const pixsimSpeech = (token: string): Speech => ({
  path: "/ws",
  opening: [{ send: JSON.stringify({ t: "hello", versions: [1], client: "bench", token }), awaits: '{"t":"welcome"' }],
  request: pixsimCall,
  aside: (text) => (text.startsWith('{"t":"ping"') ? text.replace("ping", "pong") : undefined),
});

export const trpcSpeech: Speech = {
  path: "/",
  opening: [],
  request: (id) => `{"id":${id},"jsonrpc":"2.0","method":"query","params":{"path":"ping","input":{"echo":"${payload}"}}}`,
  aside: noAside,
};

/** Engine.IO's open packet, then the connection to the namespace; `2` and `3` are its ping and pong. */
export const socketIoSpeech: Speech = {
  path: "/socket.io/?EIO=4&transport=websocket",
  opening: [{ awaits: "0{" }, { send: "40", awaits: "40{" }],
  request: (id) => `42${id}["ping",{"echo":"${payload}"}]`,
  aside: (text) => (text === "2" ? "3" : undefined),
};

/** Its ndjson, each message in a frame. */
export const effectSpeech: Speech = {
  path: "/",
  opening: [],
  request: (id) => `{"_tag":"Request","id":"${id}","tag":"Ping","payload":{"echo":"${payload}"},"headers":[]}\n`,
  aside: noAside,
};
