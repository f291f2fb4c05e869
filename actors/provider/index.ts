// The providers there are, as other rooms see them.
import { Context } from "effect";
import type { Provider } from "./provider.ts";

export class Providers extends Context.Service<
  Providers,
  {
    readonly all: ReadonlyArray<Provider>;
    readonly get: (id: string) => Provider | undefined;
  }
>()("pixsim/actors/Providers") {}
