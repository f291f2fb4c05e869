// The process of one contender's server, named by the argument.
import "../../v8-flags.ts";
import { answerParent } from "../child.ts";
import { contenders, type ContenderName } from "./contenders.ts";

const [name] = process.argv.slice(2);
answerParent({
  start: async () => {
    const { start } = await contenders[name as ContenderName].load();
    return start();
  },
});
