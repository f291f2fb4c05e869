// The worker of the Scene panel for tests: the page has none there, so the same work is done in it.
import type { Asked } from "./background.ts";
import { answerTo } from "./work.ts";

export class PageWorker extends EventTarget {
  readonly postMessage = (asked: Asked): void => {
    const data = answerTo(structuredClone(asked));
    queueMicrotask(() => this.dispatchEvent(Object.assign(new Event("message"), { data })));
  };
  readonly terminate = (): void => undefined;
}
