// The providers there are, as other rooms see them, and the list of those that come with the program.
import { Context, Effect, Layer } from "effect";
import { comfyui } from "./comfyui.ts";
import { fal } from "./fal.ts";
import { openaiVideos } from "./openai-videos.ts";
import { pixverse } from "./pixverse.ts";
import type { Provider } from "./provider.ts";
import { replicate } from "./replicate.ts";
import { makeStudio } from "./studio.ts";

export class Providers extends Context.Service<
  Providers,
  {
    readonly all: ReadonlyArray<Provider>;
    readonly get: (id: string) => Provider | undefined;
  }
>()("pixsim/actors/Providers") {}

/** The list of those that there are to be. */
export const providersLayer = <E, R>(providers: Effect.Effect<ReadonlyArray<Provider>, E, R>) =>
  Layer.effect(
    Providers,
    Effect.map(providers, (list) => {
      const byId = new Map<string, Provider>(list.map((provider) => [provider.id, provider]));
      return { all: list, get: (id) => byId.get(id) };
    }),
  );

/** A provider is added by its line here. */
export const builtInProviders = providersLayer(
  Effect.map(makeStudio, (studio): ReadonlyArray<Provider> => [studio, pixverse, openaiVideos, comfyui, fal, replicate]),
);
