// Names of the pictures that PixVerse fuses, and how a prompt speaks of them. Pure.
import type { InputGiven } from "./provider.ts";

/** At most 30 of these. */
export const referenceName = /^[A-Za-z0-9_ ]{1,30}$/;

export const nameOf = ({ name, role }: InputGiven): string => name ?? role;

/** `@box` is no mention of `@boxer`. */
export const mention = (name: string): RegExp => new RegExp(`@${name}(?![A-Za-z0-9_]) ?`, "g");
export const mentions = (prompt: string, name: string): boolean => mention(name).test(prompt);
