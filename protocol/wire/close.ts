// Close codes of the socket. 4000–4099: reconnect (with backoff). 4100–4199: terminal, a person or a new version is needed.
// Pure: runs in any JavaScript engine.

interface CloseSpec {
  readonly code: number;
  readonly summary: string;
}

export const closeCodes = {
  going_away: { code: 4000, summary: "The server restarts or hands over: reconnect." },
  slow_consumer: { code: 4001, summary: "The client reads too slowly: reconnect and resume." },
  heartbeat_timeout: { code: 4002, summary: "Nothing was heard for too long: reconnect." },
  rate_limited: { code: 4003, summary: "Far too many frames: reconnect later." },
  token_expired: { code: 4004, summary: "The access token ran out: refresh, reconnect." },
  hello_timeout: { code: 4005, summary: "No hello came in time: reconnect." },
  bad_frame: { code: 4100, summary: "A frame broke the protocol: the client is faulty." },
  version_unsupported: { code: 4101, summary: "No common protocol version: reload or update the client." },
  unauthenticated: { code: 4102, summary: "The token is not valid: sign in again." },
  session_revoked: { code: 4103, summary: "The session was ended: sign in again." },
  too_many_connections: { code: 4104, summary: "The user has too many connections open." },
  frame_too_large: { code: 4105, summary: "A frame was over the size limit." },
} as const satisfies Record<string, CloseSpec>;

export type CloseReason = keyof typeof closeCodes;

/** Whether a client that was closed with this code should connect again by itself. Unknown codes: yes. */
export const shouldReconnect = (code: number): boolean => code < 4100 || code > 4199;
