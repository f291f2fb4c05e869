// Log lines on the standard output: JSON for machines, or readable where a person looks on. What cannot be written is dropped: a
// full pipe or a closed terminal must not hold up the work.
import { pino } from "pino";
import type { LogRecord } from "./record.ts";

export interface Output {
  readonly write: (record: LogRecord) => void;
  /** Resolves when all is written that was buffered. */
  readonly flush: () => Promise<void>;
  /** Lines that were dropped. */
  readonly dropped: () => number;
}

/** Where lines go. */
export interface LineStream {
  readonly write: (line: string) => void;
}

/** Characters that may wait for a slow reader. */
const mostBuffered = 4 * 1024 * 1024;
const standardOutput = 1;

const lineWriter = (stream: LineStream): ((record: LogRecord) => void) => {
  // Levels were checked before; pino would only check them again.
  const logger = pino({ level: "trace", base: null, timestamp: false, formatters: { level: (label) => ({ level: label }) } }, stream);
  return ({ time, level, service, env, msg, stage, context, durationMs, error, fields }) =>
    logger[level]({ time: new Date(time).toISOString(), service, env, stage, ...context, durationMs, error, ...fields }, msg);
};

/** Lines to a stream of one's own. */
export const streamOutput = (stream: LineStream): Output => ({
  write: lineWriter(stream),
  flush: () => Promise.resolve(),
  dropped: () => 0,
});

/** `format`: makes of a line of JSON what is written. */
const standard = (options: { readonly sync: boolean; readonly format?: (line: string) => string }): Output => {
  // A least length, if only of one character: without, its `flush` waits for nothing. (Its `flushSync` would overtake what is on its way.)
  const destination = pino.destination({ dest: standardOutput, sync: options.sync, minLength: 1, maxLength: mostBuffered });
  const { format } = options;
  let dropped = 0;
  let closed = false;
  destination.on("drop", () => dropped++);
  destination.on("error", () => {
    // Nobody reads any more (`node … | head`): the log in the database goes on.
    closed = true;
  });
  const write = lineWriter(format === undefined ? destination : { write: (line) => void destination.write(format(line)) });
  return {
    write: (record) => {
      if (closed) dropped++;
      else write(record);
    },
    flush: () =>
      new Promise((resolve) => {
        if (closed) resolve();
        else destination.flush(() => resolve());
      }),
    dropped: () => dropped,
  };
};

/** The process's own output, for machines: a slow reader never holds up the work. */
export const standardJson = (): Output => standard({ sync: false });

/** For a terminal: one line a record, colours, local time. */
export const standardPretty = async (): Promise<Output> => {
  // Takes a while to load, and only terminals need it.
  const { prettyFactory } = await import("pino-pretty");
  const format = prettyFactory({
    colorize: true,
    singleLine: true,
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "service,env",
    errorLikeObjectKeys: ["error"],
  });
  return standard({ sync: true, format });
};
