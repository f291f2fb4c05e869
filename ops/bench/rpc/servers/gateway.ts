// PixSim's server, whole, on an embedded database of its own; the admin is signed in.
import { rmSync } from "node:fs";
import { Effect, ManagedRuntime } from "effect";
import { freshDataFolder } from "#db/client/testing.ts";
import { Auth } from "#runtime/auth/auth.ts";
import { Bus } from "#runtime/bus/bus.ts";
import { readSettings } from "#runtime/config/settings.ts";
import { Gateway } from "#runtime/gateway/gateway.ts";
import { server } from "../../../server.ts";

export interface RunningGateway {
  readonly port: number;
  readonly token: string;
  readonly userId: string;
  readonly bus: Bus["Service"];
}

/** One user may open so many connections. */
const connections = "10000";
/** Heartbeats are no part of what is measured, ms. */
const heartbeatMs = 3_600_000;

export const startGateway = async (transport: "uws" | "ws"): Promise<RunningGateway> => {
  // Making the database is most of a first start.
  const data = await freshDataFolder();
  process.once("exit", () => rmSync(data, { recursive: true, force: true }));
  const settings = readSettings({
    PIXSIM_DATA: data,
    PIXSIM_PORT: "0",
    PIXSIM_TRANSPORT: transport,
    PIXSIM_LOG_LEVEL: "warn",
    PIXSIM_CONNECTIONS_PER_USER: connections,
  });
  // A client that asks as fast as it can is what is measured here.
  const runtime = ManagedRuntime.make(server(settings, { limits: { framesPerSecond: 1_000_000_000, heartbeatMs } }));
  return runtime.runPromise(
    Effect.gen(function* () {
      const { port } = yield* Gateway;
      const auth = yield* Auth;
      const link = yield* auth.resetAdmin;
      const { accessToken, user } = yield* auth.redeem(link, { ip: "127.0.0.1", client: "bench" });
      return { port, token: accessToken, userId: user.id, bus: yield* Bus };
    }),
  );
};
