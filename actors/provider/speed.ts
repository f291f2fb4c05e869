// What the time of a provider is in ours. Simulators live faster than real time, all by the same speed; one that needs no account makes its
// videos here, and takes as long as this computer does. What was measured is our time already. Pure.
import type { Provider } from "./provider.ts";

/** How long what takes so long there, by its own word, takes by our clock, ms. `speed`: how much faster than real time it lives. */
export const hereMs = ({ account }: Pick<Provider, "account">, thereMs: number, speed: number): number =>
  account === null ? thereMs : thereMs / speed;
