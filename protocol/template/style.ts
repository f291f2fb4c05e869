// Styles: a template around another's. `{prompt}` in a style is where the prompt goes, as in InvokeAI's and Fooocus' styles; a style
// without it is put behind. Pure.

const place = "{prompt}";

export const withStyle = (prompt: string, style: string): string => {
  if (style.includes(place)) return style.replaceAll(place, () => prompt);
  return joined(prompt, style);
};

/** Negative prompts are lists of words: one goes behind the other. */
export const joined = (first: string, second: string): string =>
  [first.trim().replace(/,$/, ""), second.trim()].filter((text) => text !== "").join(", ");
