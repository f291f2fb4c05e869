// Runs the server until it is told to stop: SIGTERM and SIGINT end it in order, a second one at once.
import { flushCompileCache } from "node:module";
import { runMain } from "@effect/platform-node/NodeRuntime";
import { Effect } from "effect";
import { Auth } from "#runtime/auth/auth.ts";
import type { SettingsShape } from "#runtime/config/settings.ts";
import { Gateway } from "#runtime/gateway/gateway.ts";
import { lastWords } from "./last-words.ts";
import { say, willSpeak } from "./say.ts";
import { server, type ServerOptions } from "./server.ts";

/** Sooner than those who told it to end lose patience (docker-compose.yml). */
const endWithinMs = 14_000;

export interface ServeOptions extends ServerOptions {
  readonly settings: SettingsShape;
  /** The address is told when these are there to be loaded. */
  readonly pages: Promise<void>;
  /** End the first admin's sessions and print a new sign-in link. */
  readonly reset: boolean;
  /** Simulators of the paid providers run beside it, with sample accounts. */
  readonly demo: boolean;
}

export const serve = ({ settings, pages, reset, demo, ...parts }: ServeOptions): void => {
  willSpeak();
  let [told, started] = [false, false];
  const program = Effect.gen(function* () {
    const { url } = yield* Gateway;
    const auth = yield* Auth;
    const token = reset ? yield* auth.resetAdmin : yield* auth.ensureAdmin;
    if (demo) {
      const { addDemoAccounts, addDemoStory } = yield* Effect.promise(() => import("./demo.ts"));
      const count = yield* addDemoAccounts;
      say(`Demonstration: ${count} accounts at simulated providers; nothing is sent anywhere and nothing costs anything.`);
      // Its videos take a minute.
      yield* Effect.forkScoped(addDemoStory);
    }
    yield* Effect.promise(() => pages);
    say(`PixSim is at ${url}`);
    started = true;
    if (settings.DATABASE_URL === undefined) {
      say(
        `Data: ${settings.PIXSIM_DATA} (embedded database, without fsync: safe when the process is killed, not when the power fails; DATABASE_URL names a PostgreSQL)`,
      );
    }
    if (token !== null) say(`Sign in (works once, within 24 hours): ${url}/#/welcome?token=${token}`);
    // What a killed process has compiled would not be kept for the next start.
    flushCompileCache();
    return yield* Effect.never;
  }).pipe(Effect.scoped, Effect.provide(server(settings, parts)));

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      told = true;
      process.once(signal, () => process.exit(1));
      // To what is stored an end at any moment is the same.
      setTimeout(() => {
        say("PixSim did not end in time, and is cut off.");
        process.exit(1);
      }, endWithinMs).unref();
    });
  }
  runMain(program, {
    disableErrorReporting: true,
    teardown: (exit, end) => {
      const { code, line } = lastWords(exit, { told, started });
      if (line !== null) say(line);
      end(code);
    },
  });
};
