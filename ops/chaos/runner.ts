// A runner of the chaos harness: the server as it is, with the simulator's providers beside its own, and a disk that can be slowed down.
import "./slow-disk.ts";
import { Effect } from "effect";
import { makeHttp } from "#actors/provider/http.ts";
import { providersLayer } from "#actors/provider/index.ts";
import { makeStudio } from "#actors/provider/studio.ts";
import { readSettings } from "#runtime/config/settings.ts";
import { serve } from "../serve.ts";
import { simulated } from "./providers.ts";
import { policies } from "./simulator.ts";

const url = process.env["CHAOS_SIMULATOR"] ?? "";
const providers = Effect.gen(function* () {
  const studio = yield* makeStudio;
  const http = yield* makeHttp({ own: [url] });
  const simulate = simulated({
    url,
    concurrency: Number(process.env["CHAOS_CONCURRENCY"]),
    pollMs: Number(process.env["CHAOS_POLL"]),
    http,
  });
  return [studio, ...policies.map(simulate)];
});
serve({ settings: readSettings(process.env), pages: Promise.resolve(), reset: false, demo: false, providers: providersLayer(providers) });
