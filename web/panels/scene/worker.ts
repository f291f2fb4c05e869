// The worker of the Scene panel: one task after the other.
import type { Asked } from "./background.ts";
import { answerTo } from "./work.ts";

addEventListener("message", (event: MessageEvent<Asked>) => postMessage(answerTo(event.data)));
