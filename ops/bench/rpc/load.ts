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
  /** Both of each connection. */
  readonly inFlight: number;
  readonly requests: number;
}

let askers: ReadonlyArray<Asker> = [];

answerParent({
  open: async ({ contender: name, port, token, connections }: Opening) => {
    const speech = contender(name).speech(token);
    askers = await Promise.all(Array.from({ length: connections }, () => Asker.open(port, speech)));
  },
  run: async ({ inFlight, requests }: Run) => {
    await Promise.all(askers.map((asker) => asker.run(inFlight, requests)));
  },
  close: () => {
    for (const asker of askers) asker.close();
    askers = [];
  },
});
