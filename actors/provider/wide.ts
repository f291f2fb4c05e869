// Integers that a JavaScript number cannot hold, in JSON. Everywhere else they are strings of their digits.

const isDigits = /^(0|[1-9]\d*)$/;

/** What JSON.stringify writes as the digits themselves, unquoted; undefined if the text is no whole number. */
export const wide = (digits: string): unknown =>
  isDigits.test(digits) ? (JSON as unknown as { readonly rawJSON: (json: string) => unknown }).rawJSON(digits) : undefined;

/** A text, or a whole number of so many digits that it may be too wide; what goes on as a fraction or with an exponent is none. */
const textOrWide = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;
const manyDigits = /\d{16}/;
const isWide = /^-?\d{16,}$/;

const quoted = (token: string): string => (token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : `"${token}"`);

/** As `quoted`, over the whole text; undefined where a text of it is too long for the pattern, as one of millions of escapes is. */
const quoteWide = (text: string): string | undefined => {
  try {
    return text.replace(textOrWide, quoted);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};

const reviver = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === "number" && context?.source !== undefined && isWide.test(context.source) && !Number.isSafeInteger(value)
    ? context.source
    : value;

/** JSON whose integers beyond 2^53 become strings of their digits; undefined if it is none. */
export const parseJson = (text: string): unknown => {
  try {
    const parsed: unknown = JSON.parse(text);
    // Parsed twice, which costs a fraction of reviving it; and what is no JSON has been refused before the pattern could take long over it.
    if (!manyDigits.test(text)) return parsed;
    const narrow = quoteWide(text);
    return narrow === undefined ? JSON.parse(text, reviver) : JSON.parse(narrow);
  } catch {
    return undefined;
  }
};
