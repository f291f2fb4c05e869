// The process that asks: keeps so many requests in flight on so many connections, and makes sure that each is answered with what
// it carried.
import { answerParent } from "../child.ts";
import { contender, type ContenderName } from "./contenders.ts";
import { Asker } from "./asker.ts";

export interface Opening {
  readonly contender: ContenderName;
  readonly port: number;
  readonly token: string;
  readonly connections: number;
}

export interface Run {
  /** Of each connection. */
  readonly inFlight: number;
  readonly ms: number;
}

let askers: ReadonlyArray<Asker> = [];

answerParent({
  open: async ({ contender: name, port, token, connections }: Opening) => {
    const speech = contender(name).speech(token);
    askers = await Promise.all(Array.from({ length: connections }, () => Asker.open(port, speech)));
  },
  /** How many requests were answered. */
  run: async ({ inFlight, ms }: Run) => {
    const until = performance.now() + ms;
    const answered = await Promise.all(askers.map((asker) => asker.run(inFlight, until)));
    return answered.reduce((all, one) => all + one, 0);
  },
  close: () => {
    for (const asker of askers) asker.close();
    askers = [];
  },
});
