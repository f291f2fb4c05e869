// The log of the program: everything that is logged through Effect goes, as records without secrets, to the standard output and into the
// queue from which the sink stores it. A line that cannot be made or written never disturbs who logged it.
import { Context, Effect, Layer, Logger, type LogLevel, References } from "effect";
import { Settings } from "../config/settings.ts";
import { LogQueue } from "./log-queue.ts";
import { type Output, standardJson, standardPretty } from "./output.ts";
import { type Level, levels, type LogRecord, recordOf, type Speaker } from "./record.ts";

/** Records that may wait for the database. */
const mostWaiting = 10_000;
/** How long the end of the program waits for a slow reader. */
const lastFlush = "1 second";
/** Lines below this are not stored. */
const storedFrom = levels.info;

interface LogOptions {
  /** Which program speaks. Default: server. */
  readonly service?: string;
  /** Default: the standard output, readable on a terminal, JSON elsewhere. */
  readonly output?: Output;
  /** Records that may wait for the database. Default 10,000. */
  readonly mostWaiting?: number;
}

const minimumLevels: Readonly<Record<Settings["Service"]["PIXSIM_LOG_LEVEL"], LogLevel.LogLevel>> = {
  trace: "Trace",
  debug: "Debug",
  info: "Info",
  warn: "Warn",
  error: "Error",
  silent: "None",
};

export class Log extends Context.Service<
  Log,
  {
    /** What waits for the database; nothing is put in where lines are not stored. */
    readonly queue: LogQueue;
    /** Told when a record comes into the queue. One listener: the sink. */
    onQueued: () => void;
    /** Lines written, by level; lines that could not be written or made. */
    readonly written: Readonly<Record<Level, number>>;
    readonly dropped: () => number;
    /** Writes a record as if it had been logged. */
    readonly emit: (record: LogRecord) => void;
    readonly speaker: Speaker;
  }
>()("pixsim/runtime/Log") {}

/** Log, the loggers of all effects beneath, and their least level. */
export const logLayer = (options: LogOptions = {}): Layer.Layer<Log, never, Settings> => {
  const log = Layer.effect(
    Log,
    Effect.gen(function* () {
      const settings = yield* Settings;
      const speaker: Speaker = { service: options.service ?? "server", env: settings.PIXSIM_ENV };
      const output =
        options.output ?? (process.stdout.isTTY ? yield* Effect.promise(() => standardPretty()) : yield* Effect.sync(standardJson));
      const queue = new LogQueue(options.mostWaiting ?? mostWaiting);
      const written: Record<Level, number> = { trace: 0, debug: 0, info: 0, warn: 0, error: 0, fatal: 0 };
      let unwritten = 0;
      yield* Effect.addFinalizer(() => Effect.timeoutOption(Effect.promise(output.flush), lastFlush));
      const service = {
        queue,
        onQueued: () => {},
        written,
        dropped: () => output.dropped() + unwritten,
        speaker,
        emit: (record: LogRecord): void => {
          written[record.level]++;
          try {
            output.write(record);
          } catch {
            // There is no place left to say so but the count.
            unwritten++;
          }
          if (!settings.PIXSIM_LOG_DATABASE || levels[record.level] < storedFrom) return;
          queue.push(record);
          service.onQueued();
        },
      };
      return Log.of(service);
    }),
  );
  const loggers = Layer.unwrap(
    Effect.map(Log, ({ emit, speaker }) => Logger.layer([Logger.make((given) => emit(recordOf(given, speaker)))])),
  );
  const level = Layer.effect(
    References.MinimumLogLevel,
    Effect.map(Settings, (settings) => minimumLevels[settings.PIXSIM_LOG_LEVEL]),
  );
  return Layer.mergeAll(loggers, level).pipe(Layer.provideMerge(log));
};
