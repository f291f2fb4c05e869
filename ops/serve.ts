// Runs the server until it is told to stop: SIGTERM and SIGINT end it in order.
import { Effect, Fiber } from "effect";
import { Auth } from "#runtime/auth/auth.ts";
import { readSettings } from "#runtime/config/settings.ts";
import { Gateway } from "#runtime/gateway/gateway.ts";
import { say } from "./say.ts";
import { server } from "./server.ts";

/** `reset`: end the first admin's sessions and print a new sign-in link. The address is told when `pages` are there to be loaded. */
export const serve = async (options: { readonly reset: boolean; readonly pages: Promise<void> }): Promise<number> => {
  const settings = readSettings(process.env);
  const program = Effect.gen(function* () {
    const { url } = yield* Gateway;
    const auth = yield* Auth;
    const token = options.reset ? yield* auth.resetAdmin : yield* auth.ensureAdmin;
    yield* Effect.promise(() => options.pages);
    say(`PixSim is at ${url}`);
    if (settings.DATABASE_URL === undefined) {
      say(
        `Data: ${settings.PIXSIM_DATA} (embedded database, without fsync: safe when the process is killed, not when the power fails; DATABASE_URL names a PostgreSQL)`,
      );
    }
    if (token !== null) say(`Sign in (works once, within 24 hours): ${url}/#/welcome?token=${token}`);
    return yield* Effect.never;
  }).pipe(Effect.provide(server(settings)), Effect.scoped);

  const fiber = Effect.runFork(program);
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      Effect.runFork(Fiber.interrupt(fiber));
    });
  }
  const exit = await Effect.runPromise(Fiber.await(fiber));
  if (exit._tag === "Success" || stopping) return 0;
  const [reason] = exit.cause.reasons;
  const failure: unknown = reason?._tag === "Fail" ? reason.error : reason?._tag === "Die" ? reason.defect : "interrupted";
  const message = typeof failure === "object" && failure !== null && "message" in failure ? String(failure.message) : String(failure);
  say(`PixSim cannot start: ${message}`);
  return 1;
};
