// What the client uses of where it runs: a socket, clocks, chance. Browsers, workers, extensions and Node have all of it; tests
// bring their own.

export interface Surroundings {
  readonly openSocket: (url: string) => SocketLike;
  /** Ms since 1970. */
  readonly now: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  readonly setTimer: (run: () => void, ms: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
}

/** The part of WebSocket that is used. */
export interface SocketLike {
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: (() => void) | null;
  readonly send: (data: string | Uint8Array<ArrayBuffer>) => void;
  readonly close: (code?: number, reason?: string) => void;
}

export const ordinary: Surroundings = {
  openSocket: (url) => new WebSocket(url) as unknown as SocketLike,
  now: () => Date.now(),
  random: () => Math.random(),
  setTimer: (run, ms) => setTimeout(run, ms),
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
