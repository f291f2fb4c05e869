// Integers that a JavaScript number cannot hold, in JSON. Everywhere else they are strings of their digits.

const isDigits = /^(0|[1-9]\d*)$/;

/** What JSON.stringify writes as the digits themselves, unquoted; undefined if the text is no whole number. */
export const wide = (digits: string): unknown =>
  isDigits.test(digits) ? (JSON as unknown as { readonly rawJSON: (json: string) => unknown }).rawJSON(digits) : undefined;

const wideInteger = /\d{16}/;
const wholeNumber = /^-?\d+$/;

/** JSON whose integers beyond 2^53 become strings of their digits; undefined if it is none. */
export const parseJson = (text: string): unknown => {
  // Reviving costs several times the parsing: only where there is something to revive.
  const revive = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === "number" && !Number.isSafeInteger(value) && wholeNumber.test(context?.source ?? "") ? context?.source : value;
  try {
    return wideInteger.test(text) ? JSON.parse(text, revive) : JSON.parse(text);
  } catch {
    return undefined;
  }
};
