// Who is compared, and how each is spoken to. Servers are files of ./servers, each run in a process of its own.
import { echoSpeech, type Speech } from "./speech.ts";

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
  "echo-uws": { title: "raw uWebSockets.js echo", uws: true, load: () => import("./servers/echo-uws.ts"), speech: () => echoSpeech },
  "echo-ws": { title: "raw ws echo", uws: false, load: () => import("./servers/echo-ws.ts"), speech: () => echoSpeech },
} satisfies Readonly<Record<string, RpcContender>>;

export type ContenderName = keyof typeof contenders;

export const contender = (name: ContenderName): RpcContender => contenders[name];
