// The process of one contender's server, named by the argument.
import "../../v8-flags.ts";
import { answerParent } from "../child.ts";
import { contenders, type ContenderName, type RunningServer } from "./contenders.ts";

export interface Telling {
  /** Number of the first change; the others follow. */
  readonly first: number;
  readonly changes: number;
  /** From one to the next, ms: long enough for all to have it. */
  readonly everyMs: number;
}

const [name] = process.argv.slice(2);
let server: RunningServer;

answerParent({
  start: async () => {
    const { start } = await contenders[name as ContenderName].load();
    server = await start();
    return { port: server.port, token: server.token ?? "" };
  },
  /** Answers when the last change is told. */
  tell: ({ first, changes, everyMs }: Telling) =>
    new Promise<void>((resolve) => {
      let told = 0;
      const timer = setInterval(() => {
        server.tell(first + told);
        if (++told < changes) return;
        clearInterval(timer);
        resolve();
      }, everyMs);
    }),
});
