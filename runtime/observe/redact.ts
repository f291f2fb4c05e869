// What may be logged of any value: plain JSON of bounded size in which secrets are blanked, whether they stand under a telling name or
// within a text. Never throws, whatever it is given. Pure.

const blank = "[redacted]";
const maxDepth = 6;
const maxEntries = 50;
const maxText = 4000;

/** Names are compared in lower case without `_` and `-`. Names such as `tokenCount` are blanked too: better one figure less. */
const secretName = /token|password|passwd|passphrase|secret|authorization|cookie|credential|apikey|privatekey|accesskey/;

const isSecretName = (name: string): boolean => secretName.test(name.toLowerCase().replaceAll(/[_-]/g, ""));

/** What gives secrets away within a text: most texts have none of it and are left as they are. */
const hints = /:\/\/|eyJ|bearer|basic|[?&#]|token|password|secret/i;
const within: ReadonlyArray<readonly [pattern: RegExp, replacement: string]> = [
  // postgres://user:password@host
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi, `$1:${blank}@`],
  // JSON Web Tokens
  [/\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, blank],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${blank}`],
  // Signed addresses and links that sign in
  [/([?&#](?:access_token|refresh_token|token|key|apikey|sig|signature|s|x-amz-signature)=)[^&\s"'#]+/gi, `$1${blank}`],
  // "password": "…", token=…
  [/\b((?:access|refresh)?_?-?(?:token|password|secret|apikey|api_key)["']?\s*[:=]\s*["']?)[^\s"'&,;}]{4,}/gi, `$1${blank}`],
];

const shorten = (text: string): string => (text.length <= maxText ? text : `${text.slice(0, maxText)}… (${text.length} characters)`);

/** A text without what gives access to anything. */
export const redactText = (text: string): string => {
  const short = shorten(text);
  if (!hints.test(short)) return short;
  return within.reduce((safe, [pattern, replacement]) => safe.replace(pattern, replacement), short);
};

const redactObject = (value: object, depth: number, above: ReadonlyArray<object>): unknown => {
  if (above.includes(value)) return "[circular]";
  if (depth >= maxDepth) return Array.isArray(value) ? `[${value.length} items]` : "[object]";
  const inside = [...above, value];
  if (Array.isArray(value)) {
    const items: Array<unknown> = value.slice(0, maxEntries).map((item) => redact(item, depth + 1, inside));
    if (value.length > maxEntries) items.push(`… ${value.length - maxEntries} more`);
    return items;
  }
  if (value instanceof Error) return { ...errorOf(value) };
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`;
  if ("toJSON" in value && typeof value.toJSON === "function") {
    const json: unknown = value.toJSON();
    return typeof json === "object" && json !== null ? redactEntries(json, depth, inside) : redact(json, depth + 1, inside);
  }
  return redactEntries(value, depth, inside);
};

const redactEntries = (value: object, depth: number, inside: ReadonlyArray<object>): Record<string, unknown> => {
  const safe: Record<string, unknown> = {};
  const names = Object.keys(value);
  for (const name of names.slice(0, maxEntries)) {
    const inner: unknown = (value as Readonly<Record<string, unknown>>)[name];
    // `defineProperty`: a field may be called `__proto__`.
    Object.defineProperty(safe, name, {
      value:
        isSecretName(name) && inner !== null && inner !== undefined && typeof inner !== "boolean"
          ? blank
          : redact(inner, depth + 1, inside),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  if (names.length > maxEntries) safe["…"] = `${names.length - maxEntries} more`;
  return safe;
};

/** `undefined` stays undefined: JSON leaves it out. */
export const redact = (value: unknown, depth = 0, above: ReadonlyArray<object> = []): unknown => {
  switch (typeof value) {
    case "string":
      return redactText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
    case "symbol":
      return String(value);
    case "function":
    case "undefined":
      return undefined;
    case "boolean":
      return value;
    case "object":
      if (value === null) return null;
      try {
        return redactObject(value, depth, above);
      } catch {
        // A getter or toJSON that throws: the line is worth more than this field.
        return "[unreadable]";
      }
  }
};

export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
}

/** An error as it is logged: what kind, what it says, and where it came from. */
export const errorOf = (error: unknown): LoggedError => {
  try {
    if (error instanceof Error) {
      const tag = (error as { readonly _tag?: unknown })._tag;
      const stack = typeof error.stack === "string" ? { stack: redactText(error.stack) } : {};
      return { type: typeof tag === "string" ? tag : error.name, message: redactText(error.message), ...stack };
    }
    const tag = (error as { readonly _tag?: unknown } | null | undefined)?._tag;
    const text = typeof error === "string" ? redactText(error) : JSON.stringify(redact(error));
    return { type: typeof tag === "string" ? tag : typeof error, message: text ?? String(error) };
  } catch {
    // As above.
    return { type: "unknown", message: "[unreadable]" };
  }
};
