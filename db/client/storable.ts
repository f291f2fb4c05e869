// PostgreSQL stores no U+0000 in text, and neither that nor half a surrogate pair in JSON. One such character in a prompt or a
// vendor's answer would fail a whole statement, and with it a batch of other people's work, so each becomes U+FFFD on its way in.
// The gateway may refuse such input earlier; here nothing is refused. Pure.

/** The text with each U+0000 replaced. (Half pairs are replaced by the UTF-8 encoder itself.) */
export const storableText = (text: string): string => (text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text);

// JSON.stringify writes a surrogate as an escape only where its other half is missing. An escaped backslash is matched as a
// pair, so that the text `\u0000`, which is `\\u0000` in JSON, stays as it is.
const suspects = /\\u(?:0000|d[89a-f])/i;
const unstorable = /\\\\|\\u0000|\\ud[89a-f][0-9a-f]{2}/gi;

/**
 * JSON text as JSON.stringify makes it, with what cannot be stored replaced. For text that is sent as `${json}::text::json`;
 * values sent by `sql.json` are treated by the client itself.
 */
export const storableJson = (json: string): string =>
  // Looking for the escape alone costs a twentieth of what the expression does, and there mostly is none.
  json.includes("\\u") && suspects.test(json)
    ? json.replace(unstorable, (escape) => (escape === "\\\\" ? escape : String.raw`\ufffd`))
    : json;
