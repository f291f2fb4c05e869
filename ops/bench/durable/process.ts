// The process of one contender: `process.ts <name> <services as JSON>`.
import "../../v8-flags.ts";
import { answerParent } from "../child.ts";
import { type Contender, type ContenderName, contenders, type Round, type Services, type Took } from "./contender.ts";

const [name, services = "{}"] = process.argv.slice(2);
let contender: Contender;

answerParent({
  open: async () => {
    const { open } = await contenders[name as ContenderName]();
    contender = await open(JSON.parse(services) as Services);
  },
  run: async ({ count, inFlight }: Round): Promise<Took> => {
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    await contender.run(count, inFlight);
    const { user, system } = process.cpuUsage(cpu);
    return { ms: performance.now() - began, cpuMs: (user + system) / 1000 };
  },
  close: () => contender.close(),
});
