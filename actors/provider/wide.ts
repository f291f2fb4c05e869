// Integers that a JavaScript number cannot hold, in JSON. Everywhere else they are strings of their digits.

const isDigits = /^(0|[1-9]\d*)$/;

/** What JSON.stringify writes as the digits themselves, unquoted; undefined if the text is no whole number. */
export const wide = (digits: string): unknown =>
  isDigits.test(digits) ? (JSON as unknown as { readonly rawJSON: (json: string) => unknown }).rawJSON(digits) : undefined;

/** A text, or a whole number of so many digits that it may be too wide; what goes on as a fraction or with an exponent is none. */
const textOrWide = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;
const manyDigits = /\d{16}/;

const quoted = (token: string): string => (token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : `"${token}"`);

/** JSON whose integers beyond 2^53 become strings of their digits; undefined if it is none. */
export const parseJson = (text: string): unknown => {
  try {
    const parsed: unknown = JSON.parse(text);
    // Parsed twice, which costs a fraction of reviving it; and what is no JSON has been refused before the pattern could take long over it.
    return manyDigits.test(text) ? JSON.parse(text.replace(textOrWide, quoted)) : parsed;
  } catch {
    return undefined;
  }
};
