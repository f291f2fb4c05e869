// Reads a story of a file in whichever of its formats. Pure: long files are read in a thread, which loads nothing but this.
import type { CallArgs } from "#protocol/contract.ts";
import { type Imported, readStoryFile } from "#protocol/scene/file.ts";
import { importInk } from "#protocol/scene/import/ink.ts";
import { importTwee } from "#protocol/scene/import/twee.ts";

/** A file as it is to be read: `language` and `untitled` where it does not say. */
export interface FileToRead extends Pick<CallArgs<"scenes.import">, "source" | "language" | "untitled"> {
  readonly text: string;
}

export const readFile = ({ source, text, language, untitled }: FileToRead): Imported => {
  switch (source) {
    case "pixsim":
      return readStoryFile(text);
    case "twee":
      return importTwee(text, language, untitled);
    case "ink":
      return importInk(text, language, untitled);
  }
};
