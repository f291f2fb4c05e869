// Work on a scene that may take longer than a frame, beside the page: laying out, and checking. One task of a kind counts: of checks the last.
import type { KnownAsset } from "#protocol/scene/check/check.ts";
import type { Problem } from "#protocol/scene/check/problem.ts";
import type { Story } from "#protocol/scene/scene.ts";
import type { Arranged, ArrangeTask } from "./arrange.ts";

export interface CheckTask {
  readonly story: Story;
  readonly assets: ReadonlyMap<string, KnownAsset>;
  /** Scenes that are there and not shared with who edits. */
  readonly hidden: ReadonlySet<string>;
}
export type Task = ({ readonly do: "arrange" } & ArrangeTask) | ({ readonly do: "check" } & CheckTask);
export interface Asked {
  readonly number: number;
  readonly task: Task;
}
export interface Answer {
  readonly number: number;
  readonly result: Arranged | ReadonlyArray<Problem> | { readonly failed: string };
}

export interface Background {
  readonly arrange: (task: ArrangeTask) => Promise<Arranged>;
  readonly check: (task: CheckTask) => Promise<ReadonlyArray<Problem>>;
  readonly close: () => void;
}

/** `open` makes the worker when the first task comes. */
export const createBackground = (open: () => Pick<Worker, "postMessage" | "terminate" | "addEventListener">): Background => {
  let worker: ReturnType<typeof open> | null = null;
  let last = 0;
  const waiting = new Map<number, { readonly done: (result: never) => void; readonly failed: (error: Error) => void }>();
  const fail = (why: string) => {
    for (const { failed } of waiting.values()) failed(new Error(why));
    waiting.clear();
  };
  const begin = () => {
    const made = open();
    made.addEventListener("message", (event) => {
      const { number, result } = (event as MessageEvent<Answer>).data;
      const asked = waiting.get(number);
      waiting.delete(number);
      if ("failed" in result) asked?.failed(new Error(result.failed));
      else asked?.done(result as never);
    });
    made.addEventListener("error", () => fail("The work beside the page has stopped."));
    return made;
  };
  const ask = <T>(task: Task): Promise<T> =>
    new Promise((done, failed) => {
      worker ??= begin();
      last += 1;
      waiting.set(last, { done: done as (result: never) => void, failed });
      worker.postMessage({ number: last, task } satisfies Asked);
    });
  return {
    arrange: (task) => ask({ do: "arrange", ...task }),
    check: (task) => ask({ do: "check", ...task }),
    close: () => {
      worker?.terminate();
      worker = null;
      fail("The scene was closed.");
    },
  };
};
