// The real server as a child process, as `npm start` runs it: started, read, killed, started again on the same data.
// It leaves the pages as they are (built before the tests), so that two servers cannot build them at once.
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Time a server may take until it says where it is, ms. */
const startWithin = 200_000;
/** Characters of output that are kept, the newest. */
const outputLimit = 1_000_000;

export interface ServerOptions {
  /** Folder of its database, media and secrets. */
  readonly data: string;
  /** Without one: any free one. */
  readonly port?: number;
  /** Settings and other variables besides; nothing of PixSim's comes from the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is started, in place of `start`. */
  readonly command?: string;
  /** After the command: `--reset-admin`. */
  readonly args?: ReadonlyArray<string>;
  /** A program and its arguments that run it in their place, with the same process number: `["prlimit", "--fsize=0"]`. */
  readonly through?: ReadonlyArray<string>;
  /** It is killed so long after it was spawned, ms, wherever it is by then. */
  readonly killedAfter?: number;
  /** It runs as it does for people: long enough for its code to be worth optimising. */
  readonly optimised?: true;
}

export interface RunningServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The one-time link it printed. Rejects if the server ends without one. */
  readonly signInLink: () => Promise<string>;
  /** Resolves when the process is gone. SIGTERM without an argument. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<Exit>;
  readonly exited: Promise<Exit>;
  /** All it has printed so far, log lines too. */
  readonly output: () => string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** It ended before it did what was waited for. */
export class ServerEnded extends Error {
  readonly exit: Exit;
  readonly output: string;

  constructor(what: string, exit: Exit, output: string) {
    super(`The server ended (${exit.signal ?? exit.code}) without ${what}. It printed:\n${output}`);
    this.name = "ServerEnded";
    this.exit = exit;
    this.output = output;
  }
}

/** Whoever runs the tests may be stopped at any time: no server outlives it. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

const environment = (options: ServerOptions): NodeJS.ProcessEnv => {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("PIXSIM_") && name !== "DATABASE_URL");
  return {
    ...Object.fromEntries(own),
    PIXSIM_ENV: "test",
    PIXSIM_DATA: options.data,
    PIXSIM_HOST: "127.0.0.1",
    PIXSIM_PORT: String(options.port ?? 0),
    ...options.env,
  };
};

/** Resolves when it listens and its pages can be loaded. Throws ServerEnded when it ends before. */
export const startServer = async (options: ServerOptions): Promise<RunningServer> => {
  const launch = fileURLToPath(new URL("../launch.mjs", import.meta.url));
  // To optimise the embedded database takes V8 seconds of a core: longer than many of these servers live.
  const flags = options.optimised === true ? [] : ["--liftoff-only"];
  const [program = "", ...before] = [...(options.through ?? []), process.execPath, ...flags, launch];
  const child = spawn(program, [...before, options.command ?? "start", "--without-pages", ...(options.args ?? [])], {
    env: environment(options),
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let output = "";
  let ended: Exit | undefined;
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      output = (output + text).slice(-outputLimit);
      tell();
    });
  }
  const exited = new Promise<Exit>((resolve) => {
    child.once("error", (error) => (output += `\n${error.message}`));
    child.once("close", (code, signal) => {
      running.delete(child);
      ended = { code, signal };
      tell();
      resolve(ended);
    });
  });
  /** The first group of the pattern as soon as it is printed. */
  const printed = (pattern: RegExp, what: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(output)?.[1];
        if (found !== undefined) resolve(found);
        else if (ended !== undefined) reject(new ServerEnded(what, ended, output));
        else return;
        listeners.delete(look);
      };
      listeners.add(look);
      look();
    });
  const kill = (signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> => {
    child.kill(signal);
    return exited;
  };

  const late = setTimeout(() => {
    output += `\nIt is killed: within ${startWithin / 1000} s it has not said where it is.`;
    child.kill("SIGKILL");
  }, startWithin);
  if (options.killedAfter !== undefined) {
    const end = setTimeout(() => child.kill("SIGKILL"), options.killedAfter);
    void exited.then(() => clearTimeout(end));
  }
  const url = await printed(/PixSim is at (http:\/\/\S+)/, "an address").finally(() => clearTimeout(late));
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    signInLink: () => printed(/Sign in [^\n]*: (http:\/\/\S+)\s/, "a sign-in link"),
    kill,
    exited,
    output: () => output,
  };
};
