// A log line as a record: the fields that every line has, the context that lines are searched by, and the rest. Made from what
// Effect's log functions are given. Pure.
import { Cause, type Logger, References } from "effect";
import { errorOf, type LoggedError, redact, redactText } from "./redact.ts";

export const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
export type Level = keyof typeof levels;

/** What lines are searched by. */
const contextNames = ["job", "user", "provider", "account", "device", "session", "request"] as const;
type ContextName = (typeof contextNames)[number];

export interface LogRecord {
  /** Ms since 1970. */
  readonly time: number;
  readonly level: Level;
  readonly service: string;
  readonly env: string;
  /** Constant: what varies is in the fields. */
  readonly msg: string;
  readonly stage: string | undefined;
  readonly context: Readonly<Partial<Record<ContextName, string>>>;
  readonly durationMs: number | undefined;
  readonly error: LoggedError | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Which program of which installation speaks. */
export interface Speaker {
  readonly service: string;
  readonly env: string;
}

const levelOf: Readonly<Record<Logger.Options<unknown>["logLevel"], Level>> = {
  All: "trace",
  Trace: "trace",
  Debug: "debug",
  Info: "info",
  Warn: "warn",
  Error: "error",
  Fatal: "fatal",
  None: "fatal",
};

const stageForm = /^(?:pipeline|provider|worker|actor):[a-z]+$/;
const isContext = (name: string): name is ContextName => (contextNames as ReadonlyArray<string>).includes(name);
const ownNames: ReadonlySet<string> = new Set([
  "time",
  "level",
  "env",
  "msg",
  "error",
  "durationMs",
  "stage",
  "pid",
  "hostname",
  ...contextNames,
]);

export const recordOf = ({ message, logLevel, cause, fiber, date }: Logger.Options<unknown>, speaker: Speaker): LogRecord => {
  const parts: ReadonlyArray<unknown> = Array.isArray(message) ? message : [message];
  const words: Array<string> = [];
  const given: Record<string, unknown> = { ...fiber.getRef(References.CurrentLogAnnotations) };
  let error: unknown = cause.reasons.length === 0 ? undefined : Cause.squash(cause);
  for (const part of parts) {
    if (part instanceof Error || Cause.isCause(part)) error ??= part;
    else if (typeof part === "object" && part !== null && !Array.isArray(part)) Object.assign(given, part);
    else words.push(typeof part === "string" ? part : JSON.stringify(redact(part)));
  }
  const msg = redactText(words.join(" "));

  const context: Partial<Record<ContextName, string>> = {};
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    // No account, no user: nothing to say.
    if (isContext(name) && (value === null || value === undefined)) continue;
    if (isContext(name) && (typeof value === "string" || typeof value === "number")) context[name] = redactText(String(value));
    else if (name === "error") error ??= value;
    else if (name !== "stage" && name !== "durationMs" && name !== "service") fields[ownNames.has(name) ? `${name}_` : name] = value;
  }
  const actor = given["actor"];
  if (context.job === undefined && typeof actor === "string" && actor.startsWith("job/")) context.job = actor.slice("job/".length);

  const [span] = fiber.getRef(References.CurrentLogSpans);
  const duration = given["durationMs"] ?? (span === undefined ? undefined : date.getTime() - span[1]);
  const { stage = stageForm.test(msg) ? msg : undefined, service } = given;
  return {
    time: date.getTime(),
    level: levelOf[logLevel],
    service: typeof service === "string" ? service : speaker.service,
    env: speaker.env,
    msg,
    stage: typeof stage === "string" ? stage : undefined,
    context,
    durationMs: typeof duration === "number" && Number.isFinite(duration) ? duration : undefined,
    error: error === undefined || error === null ? undefined : errorOf(error),
    fields: redact(fields) as Record<string, unknown>,
  };
};
