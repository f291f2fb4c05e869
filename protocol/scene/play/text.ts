// Texts for one player: in a language, with the values of variables in them. Pure.
import { sceneLimits } from "../limits.ts";
import type { SceneValue, Texts } from "../value.ts";

/** In this language, or its own without a region, or the scene's, or any: nobody is left without a text. */
export const textIn = (texts: Texts, language: string, other: string): string => {
  const wanted = [language, language.split("-")[0]!, other, ...Object.keys(texts).toSorted()];
  const found = wanted.find((one) => Object.hasOwn(texts, one) && texts[one] !== "");
  return found === undefined ? "" : texts[found]!;
};

/** Whether there is something to be read, in whatever language. */
export const isSaid = (texts: Texts): boolean => Object.values(texts).some((text) => text !== "");

const said = (value: SceneValue): string => {
  if (typeof value !== "object") return String(value);
  return Array.isArray(value)
    ? value.map(String).join(", ")
    : Object.entries(value)
        .map(([name, field]) => `${name}: ${field}`)
        .join(", ");
};

/** `{name}` and `{name.field}` in a text. */
export const namesInText = /\{([A-Za-z_][A-Za-z0-9_]{0,63})(?:\.([A-Za-z0-9_]{1,64}))?\}/g;

/** With `{name}` and `{name.field}` as `read` says they are; of what it does not know the braces stay. Cut where it grows too long. */
export const interpolated = (text: string, read: (name: string) => SceneValue | undefined): string =>
  text
    .replaceAll(namesInText, (whole, name: string, field: string | undefined) => {
      const value = read(name);
      if (value === undefined) return whole;
      if (field === undefined) return said(value);
      if (typeof value !== "object" || !Object.hasOwn(value, field)) return whole;
      return said((value as Readonly<Record<string, SceneValue>>)[field]!);
    })
    .slice(0, sceneLimits.text);
