// A process of its own for what is measured, so that its CPU time is its own: the parent asks over IPC, the child answers.
import { type ChildProcess, spawn } from "node:child_process";
import type { NodeCommand } from "../services/glibc.ts";

/** How long a child may take to end, ms. */
const patienceMs = 5000;

export type Answers = Readonly<Record<string, (input: never) => unknown>>;

interface Question {
  readonly n: number;
  readonly ask: string;
  readonly input: unknown;
}

interface Reply {
  readonly n: number;
  readonly output?: unknown;
  readonly error?: string;
}

export class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { readonly resolve: (output: never) => void; readonly reject: (error: Error) => void }>();
  readonly #exited: Promise<void>;
  #asked = 0;
  #over: string | undefined;

  constructor(process: ChildProcess, name: string) {
    this.#process = process;
    process.on("message", (reply: Reply) => {
      const waiting = this.#waiting.get(reply.n);
      this.#waiting.delete(reply.n);
      if (reply.error === undefined) waiting?.resolve(reply.output as never);
      else waiting?.reject(new Error(`${name}: ${reply.error}`));
    });
    this.#exited = new Promise((resolve) => {
      const ended = (why: string): void => {
        this.#over = `${name} ${why}`;
        for (const { reject } of this.#waiting.values()) reject(new Error(this.#over));
        this.#waiting.clear();
        resolve();
      };
      process.once("error", (error) => ended(`did not start: ${error.message}`));
      process.once("exit", (code, signal) => ended(`ended (${signal ?? `exit code ${code}`})`));
    });
  }

  /** What the child's answer of that name gives. Fails with what it failed with, or when the child has ended. */
  ask<T>(ask: string, input: unknown = null): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#over !== undefined) {
        reject(new Error(this.#over));
        return;
      }
      const n = ++this.#asked;
      this.#waiting.set(n, { resolve, reject });
      this.#process.send({ n, ask, input } satisfies Question);
    });
  }

  /** User and system CPU time of the child since its start, µs. */
  cpu(): Promise<number> {
    return this.ask<number>("cpu");
  }

  /** Left alone, the child ends by itself and tidies up; one that hangs is killed. */
  async stop(): Promise<void> {
    const killer = setTimeout(() => this.#process.kill("SIGKILL"), patienceMs);
    if (this.#process.connected) this.#process.disconnect();
    await this.#exited;
    clearTimeout(killer);
  }
}

/** Starts a file of the benchmarks. `node`: how to run Node, where not as this process does. */
export const startChild = (file: URL, args: ReadonlyArray<string>, node?: NodeCommand): Child => {
  const { command, args: before } = node ?? { command: process.execPath, args: [] };
  const child = spawn(command, [...before, file.pathname, ...args], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  return new Child(child, [file.pathname.split("/").pop(), ...args].join(" "));
};

/** In the child: answers the parent, one question at a time or many, and ends with it. */
export const answerParent = (answers: Answers): void => {
  const all: Answers = {
    ...answers,
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
  };
  process.on("disconnect", () => process.exit());
  // The terminal interrupts parent and child alike: the child goes when its parent has gone.
  process.on("SIGINT", () => {});
  process.on("message", ({ n, ask, input }: Question) => {
    const reply = (reply: Omit<Reply, "n">): void => void process.send?.({ n, ...reply } satisfies Reply);
    const answer = all[ask];
    if (answer === undefined) {
      reply({ error: `nothing answers ${ask}` });
      return;
    }
    Promise.resolve()
      .then(() => answer(input as never))
      .then(
        (output) => reply({ output }),
        (error: unknown) => reply({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
};
