// The providers there are, as other rooms see them, and the list of those that come with the program.
import { Context, Effect, Layer } from "effect";
import type { Provider } from "./provider.ts";
import { makeStudio } from "./studio.ts";

export class Providers extends Context.Service<
  Providers,
  {
    readonly all: ReadonlyArray<Provider>;
    readonly get: (id: string) => Provider | undefined;
  }
>()("pixsim/actors/Providers") {}

/** A provider is added by its line here. */
const all = Effect.all([makeStudio]);

export const builtInProviders = Layer.effect(
  Providers,
  Effect.map(all, (list) => {
    const byId = new Map<string, Provider>(list.map((provider) => [provider.id, provider]));
    return { all: list, get: (id) => byId.get(id) };
  }),
);
