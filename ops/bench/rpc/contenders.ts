// Who is compared, and how each is spoken to. Servers are files of ./servers, each run in a process of its own.
import { echoSpeech, effectSpeech, pixsimSpeech, socketIoSpeech, type Speech, trpcSpeech } from "./speech.ts";

export interface RunningServer {
  readonly port: number;
  /** Given to the opening, where the server wants to know who speaks. */
  readonly token?: string;
}

export interface RpcContender {
  readonly title: string;
  /** Needs uWebSockets.js. */
  readonly uws: boolean;
  readonly load: () => Promise<{ readonly start: () => Promise<RunningServer> }>;
  readonly speech: (token: string) => Speech;
}

export const contenders = {
  "gateway-uws": { title: "PixSim on uWS", uws: true, load: () => import("./servers/gateway-uws.ts"), speech: pixsimSpeech },
  "gateway-ws": { title: "PixSim on ws", uws: false, load: () => import("./servers/gateway-ws.ts"), speech: pixsimSpeech },
  "echo-uws": { title: "raw uWS echo", uws: true, load: () => import("./servers/echo-uws.ts"), speech: () => echoSpeech },
  "echo-ws": { title: "raw ws echo", uws: false, load: () => import("./servers/echo-ws.ts"), speech: () => echoSpeech },
  "socket-io": { title: "Socket.IO ack on ws", uws: false, load: () => import("./servers/socket-io.ts"), speech: () => socketIoSpeech },
  effect: { title: "Effect RPC on ws", uws: false, load: () => import("./servers/effect.ts"), speech: () => effectSpeech },
  trpc: { title: "tRPC 11 on ws", uws: false, load: () => import("./servers/trpc.ts"), speech: () => trpcSpeech },
} satisfies Readonly<Record<string, RpcContender>>;

export type ContenderName = keyof typeof contenders;
export const contenderNames = Object.keys(contenders) as ReadonlyArray<ContenderName>;

export const contender = (name: ContenderName): RpcContender => contenders[name];
