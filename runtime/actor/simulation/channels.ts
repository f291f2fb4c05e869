// What processes tell each other of changes. Messages get lost, and whoever should have heard them may or may not be told so.
import { Effect } from "effect";
import { type Fanout, type Listener, noCounts } from "../../bus/fanout.ts";
import type { Network } from "./network.ts";
import type { Life } from "./time.ts";

export class Channels {
  readonly #network: Network;
  readonly #subscribers = new Map<string, Set<{ readonly life: Life; readonly listener: Listener }>>();

  constructor(network: Network) {
    this.#network = network;
  }

  from(life: Life): Fanout["Service"] {
    const { time } = this.#network;
    return {
      shared: true,
      counts: noCounts(),
      publish: (channel, message) => {
        for (const { life: other, listener } of this.#subscribers.get(channel) ?? []) {
          if (other === life) continue;
          const delay = this.#network.delay("channels", life, other);
          if (delay !== null) time.add(() => listener.heard(message), other, delay);
          else if (time.dice.oneIn(2)) time.add(() => listener.lost(), other, time.dice.below(3000));
        }
      },
      subscribe: (channel, listener) =>
        Effect.callback((resume) => {
          const subscriber = { life, listener };
          const begin = () => {
            const known = this.#subscribers.get(channel) ?? new Set();
            this.#subscribers.set(channel, known.add(subscriber));
            resume(Effect.succeed(() => void known.delete(subscriber)));
          };
          time.add(begin, life, this.#network.delay("channels", life) ?? 1000);
        }),
    };
  }
}
