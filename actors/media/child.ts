// Entry of a media child: does one task at a time for the server that started it, and ends with it, however that ends.
import { flushCompileCache } from "node:module";
import { failureFrom, MediaFailure } from "./failure.ts";
import type { Answer, Task, TaskResult } from "./messages.ts";

// The channel closes when the server is gone, even by SIGKILL. A codec thread may be at work, so no orderly exit is tried.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

const answer = (message: Answer): void => {
  process.send?.(message);
};

// Modules are loaded by need: a child that draws never loads the picture library, one that probes never loads the renderer.
const work = async (task: Task): Promise<TaskResult[keyof TaskResult]> => {
  switch (task.kind) {
    case "probe":
      return (await import("./probe.ts")).probe(task.path);
    case "derive":
      return (await import("./derive.ts")).derive(task.path, task.facts, task.prefix);
    case "frame":
      return (await import("./frame.ts")).frame(task.path, task.timeMs, task.output);
    case "convert":
      return (await import("./convert.ts")).convert(task.path, task.facts, task.target, task.output);
    case "render":
      await (await import("./render/render.ts")).render(task.spec, task.output, (fraction) => answer({ type: "progress", fraction }));
      return null;
  }
};

const handle = async (task: Task): Promise<void> => {
  try {
    answer({ type: "done", value: await work(task) });
  } catch (error) {
    const { reason, message } = failureFrom(error, (text) => new MediaFailure("fault", text, error));
    answer({ type: "failed", reason, message });
  }
};

process.once("message", (task: Task) => {
  // It ends by SIGKILL: what it has compiled is kept for others as soon as the first task is done.
  void handle(task).then(() => flushCompileCache());
  process.on("message", (next: Task) => void handle(next));
});
