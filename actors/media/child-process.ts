// One media child as the server sees it: a process that is given a task and answers, or dies. Never reused after it died.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Effect } from "effect";
import { MediaError } from "./media.ts";
import type { Answer, Task, TaskResult } from "./messages.ts";

export interface ChildOptions {
  /** Program and first arguments that run Node; more than one where Node is started through a loader. */
  readonly node: readonly [string, ...Array<string>];
}

export interface MediaChild {
  readonly alive: () => boolean;
  /** Does a task; interrupting it kills the process and waits until it is gone, so that it writes no more. */
  readonly run: <K extends Task["kind"]>(
    task: Extract<Task, { kind: K }>,
    progress: (fraction: number) => void,
  ) => Effect.Effect<TaskResult[K], MediaError>;
  readonly kill: Effect.Effect<void>;
}

const entry = fileURLToPath(new URL("./child.ts", import.meta.url));
/** Characters of a child's last words that go into the error. */
const lastWordsLimit = 600;

// Each frame that is read from a canvas is a fresh 2 MB buffer, and untouched pages are dear (8 ms a frame where the memory
// is virtual twice over). The renderer therefore collects the young generation by hand: 0.4 ms a frame, and memory stays flat.
// Marking the old generation in steps is left out: those buffers set it off all the time (a quarter of the work).
const nodeFlags = ["--expose-gc", "--no-incremental-marking", "--disable-warning=ExperimentalWarning"];

export const spawnChild = (options: ChildOptions): MediaChild => {
  const [execPath, ...execArgv] = options.node;
  const child = fork(entry, [], {
    execPath,
    execArgv: [...execArgv, ...nodeFlags],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // What opens strangers' files gets none of the server's secrets; the folder of compiled code is none.
    env: { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] },
  });
  let alive = true;
  let lastWords = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    lastWords = (lastWords + text).slice(-lastWordsLimit);
  });
  child.once("exit", () => {
    alive = false;
  });
  // A process that cannot be started, or a channel that breaks, is seen as an exit by the one who waits.
  child.on("error", (error) => {
    lastWords = (lastWords + error.message).slice(-lastWordsLimit);
    alive = false;
  });

  const kill = Effect.callback<void>((resume) => {
    if (!alive) return resume(Effect.void);
    child.once("exit", () => resume(Effect.void));
    child.kill("SIGKILL");
  });

  const crashed = (how: string): MediaError =>
    new MediaError({
      reason: "crashed",
      message: `The media process ended while it worked (${how}).${lastWords === "" ? "" : ` ${lastWords.trim()}`}`,
    });

  const run: MediaChild["run"] = <K extends Task["kind"]>(task: Extract<Task, { kind: K }>, progress: (fraction: number) => void) =>
    Effect.callback<TaskResult[K], MediaError>((resume) => {
      const settle = (result: Effect.Effect<TaskResult[K], MediaError>): void => {
        child.off("message", onMessage);
        child.off("exit", onExit);
        child.off("error", onError);
        resume(result);
      };
      const onMessage = (answer: Answer): void => {
        switch (answer.type) {
          case "progress":
            return progress(answer.fraction);
          case "done":
            // The child is our own code and answers a task with its kind of result.
            return settle(Effect.succeed(answer.value as TaskResult[K]));
          case "failed":
            return settle(Effect.fail(new MediaError({ reason: answer.reason, message: answer.message })));
        }
      };
      const onExit = (code: number | null, signal: NodeJS.Signals | null): void => settle(Effect.fail(crashed(signal ?? `code ${code}`)));
      const onError = (error: Error): void => settle(Effect.fail(crashed(error.message)));
      if (!alive) return resume(Effect.fail(crashed("before the task")));
      child.on("message", onMessage);
      child.on("exit", onExit);
      child.on("error", onError);
      child.send(task, (error) => {
        if (error !== null) onError(error);
      });
      return kill;
    });

  return { alive: () => alive, run, kill };
};
