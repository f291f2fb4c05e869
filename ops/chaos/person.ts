// The person who decides what nobody else can: looks at what is parked, asks the provider by its own books whether the submission took
// place, and has another made or marks it as done.
import type { Client } from "#protocol/client/client.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { Simulator } from "./simulator.ts";

const betweenLooks = 500;

export class Person {
  readonly #client: Client;
  readonly #simulator: Simulator;
  readonly #problem: (what: string) => void;
  readonly #reported = new Set<string>();
  decisions = 0;

  constructor(client: Client, simulator: Simulator, problem: (what: string) => void) {
    this.#client = client;
    this.#simulator = simulator;
    this.#problem = problem;
  }

  /** Goes on until told that it is over. */
  async work(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      try {
        await this.#look();
      } catch (error) {
        // Refused or not answered while things go wrong: the next look will show what is left to do.
        if (!(error instanceof CallError)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, betweenLooks));
    }
  }

  async #look(): Promise<void> {
    const { actors } = await this.#client.call("actors.list", { parked: true }, { deadlineMs: 5000 });
    for (const { address } of actors) await this.#decide(address);
  }

  async #decide(address: string): Promise<void> {
    const view = await this.#client.call("actors.get", { address }, { deadlineMs: 5000 });
    const { parked } = view;
    if (parked === null) return;
    if (parked.trim() === "") this.#report(address, "without a reason");
    const effect = view.effects.find(({ state }) => state === "review");
    if (effect === undefined) {
      this.#report(address, parked);
      await this.#client.call("actors.resume", { address }, { deadlineMs: 5000 });
      return;
    }
    this.decisions++;
    const { submitKey } = view.context as { readonly submitKey?: string };
    const taken = this.#simulator.counts.get(submitKey ?? "")?.accepted[0];
    if (taken === undefined) {
      await this.#client.call("actors.resolveEffect", { address, key: effect.key, decision: "resend" }, { deadlineMs: 5000 });
      return;
    }
    // Some people do not look for its name.
    const named = this.decisions % 3 === 0 ? {} : { providerJobId: taken.id };
    await this.#client.call("jobs.markDone", { id: address.slice("job/".length), key: effect.key, ...named }, { deadlineMs: 5000 });
  }

  /** Only an unknown outcome may park a job here. */
  #report(address: string, reason: string): void {
    if (this.#reported.has(address)) return;
    this.#reported.add(address);
    this.#problem(`${address} is parked: ${reason}`);
  }
}
