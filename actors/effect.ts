// How a machine names an effect: an invoked actor that only the actor host can run, typed by its input and output.
// Pure, imports only xstate: machines are drawn in a browser and stepped anywhere.
import { fromPromise, type PromiseActorLogic } from "xstate";

/** Declares an effect in a machine's `setup({ actors })`; the kind's `actor.ts` says what it does. */
export const effect = <Output, Input>(): PromiseActorLogic<Output, Input> =>
  fromPromise<Output, Input>(() => Promise.reject(new Error("an effect only runs in the actor host")));
