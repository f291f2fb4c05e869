// What is done beside the page: laying scenes out and checking them. Pure.
import { checkStory } from "#protocol/scene/check/check.ts";
import { arrange } from "./arrange.ts";
import type { Answer, Asked, Task } from "./background.ts";

const work = (task: Task): Answer["result"] => {
  switch (task.do) {
    case "arrange":
      return arrange(task);
    case "check":
      return checkStory(task.story, task.assets, task.hidden);
  }
};

export const answerTo = ({ number, task }: Asked): Answer => {
  try {
    return { number, result: work(task) };
  } catch (error) {
    return { number, result: { failed: error instanceof Error ? error.message : String(error) } };
  }
};
