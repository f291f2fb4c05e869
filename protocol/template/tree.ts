// The language of prompts with choices: what a template consists of. It writes choices, weights and lists as the dynamic prompts of
// Stable Diffusion's tools do, so that texts and wildcard files from there can be used:
//
//   {red|dark {blue|green}}   one of the options; a choice may hold others
//   {3::fox|wolf}             weights: three times as often; 1 where none is given
//   ${place} ${place:a wood}  a variable, filled in when it is used; what is after the colon stands in for it where it is not
//   __colours__               one line of the list of that name
//   \{ \} \| \$ \_ \: \\      the character itself; a blank after a backslash is kept at the edge of an option
//
// Braces without a bar in them are plain braces (`{"shot": "wide"}`), so is a bar outside of braces. A variable says the same everywhere
// in one text. Pure.

export interface Text {
  readonly kind: "text";
  readonly text: string;
}
export interface Choice {
  readonly kind: "choice";
  readonly options: ReadonlyArray<Option>;
}
/** One of the lines of a list. */
export interface ListUse {
  readonly kind: "list";
  readonly name: string;
  /** Where it stands in the source, characters from the start. */
  readonly at: number;
}
export interface VariableUse {
  readonly kind: "variable";
  readonly name: string;
  /** What stands for it where no value is given. */
  readonly fallback: Parts | null;
  readonly at: number;
}
export type Part = Text | Choice | ListUse | VariableUse;
/** No two texts beside each other, and none is empty. */
export type Parts = ReadonlyArray<Part>;

export interface Option {
  /** Above 0. */
  readonly weight: number;
  readonly parts: Parts;
}

/** What is wrong, and where in the source: `length` characters from `at` on. */
export interface Fault {
  readonly at: number;
  readonly length: number;
  /** A sentence for a person. */
  readonly message: string;
}

/** A piece of the source that is not taken as it stands: `length` characters from `at` on. */
export interface Span {
  readonly at: number;
  readonly length: number;
  readonly kind: Exclude<Part["kind"], "text">;
}

/** How names of lists are told apart. */
export const listKey = (name: string): string => name.toLowerCase();
