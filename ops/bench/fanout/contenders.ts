// Who tells a change to many, and how a watcher of each begins. Servers are files of ./servers, each run in a process of its own.
import type { Opening } from "../opening.ts";
import { pixsimSpeech, socketIoSpeech } from "../rpc/speech.ts";

export interface RunningServer {
  readonly port: number;
  /** Given to the opening, where the server wants to know who watches. */
  readonly token?: string;
  /** Tells all watchers the change of that number. */
  readonly tell: (rev: number) => void;
}

export interface FanoutContender {
  readonly title: string;
  /** Needs uWebSockets.js. */
  readonly uws: boolean;
  readonly load: () => Promise<{ readonly start: () => Promise<RunningServer> }>;
  readonly path: string;
  readonly opening: (token: string) => Opening;
  /** What the server says to hear whether somebody is there, and what it wants to hear. */
  readonly heartbeat?: { readonly heard: string; readonly answer: string };
}

/** Signed in, then told the list of jobs as it is. */
const pixsim = {
  path: "/ws",
  opening: (token: string): Opening => [
    ...pixsimSpeech(token).opening,
    { send: '{"t":"sub","id":1,"topic":"jobs.jobs","params":{}}', awaits: '{"t":"snap"' },
  ],
};
const bare = { path: "/", opening: (): Opening => [] };

export const contenders = {
  "gateway-uws": { title: "PixSim on uWS", uws: true, load: () => import("./servers/gateway-uws.ts"), ...pixsim },
  "gateway-ws": { title: "PixSim on ws", uws: false, load: () => import("./servers/gateway-ws.ts"), ...pixsim },
  "publish-uws": { title: "raw uWS publish", uws: true, load: () => import("./servers/publish-uws.ts"), ...bare },
  "send-ws": { title: "raw ws", uws: false, load: () => import("./servers/send-ws.ts"), ...bare },
  "socket-io": {
    title: "Socket.IO emit on ws",
    uws: false,
    load: () => import("./servers/socket-io.ts"),
    path: socketIoSpeech.path,
    opening: () => socketIoSpeech.opening,
    heartbeat: { heard: "2", answer: "3" },
  },
} satisfies Readonly<Record<string, FanoutContender>>;

export type ContenderName = keyof typeof contenders;
export const contenderNames = Object.keys(contenders) as ReadonlyArray<ContenderName>;

export const contender = (name: ContenderName): FanoutContender => contenders[name];
