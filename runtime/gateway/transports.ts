// Which transport serves: uWebSockets.js where its binary loads, else node:http with ws, as the settings say.
import { Effect, Layer } from "effect";
import { Settings } from "../config/settings.ts";
import { Transport, type TransportError } from "./transport.ts";
import { listenOnUws, loadUws } from "./uws.ts";
import { listenOnNode } from "./ws.ts";

const onNode = Transport.of({ name: "ws", listen: listenOnNode });
const onUws = Effect.map(loadUws, (uws) => Transport.of({ name: "uws", listen: listenOnUws(uws) }));

/** `PIXSIM_TRANSPORT`: `uws` fails where it cannot load, `auto` falls back to ws and says so in one line. */
export const transportLayer: Layer.Layer<Transport, TransportError, Settings> = Layer.effect(
  Transport,
  Effect.gen(function* () {
    const { PIXSIM_TRANSPORT: wanted } = yield* Settings;
    switch (wanted) {
      case "ws":
        return onNode;
      case "uws":
        return yield* onUws;
      case "auto":
        return yield* onUws.pipe(
          Effect.tapError(({ message }) =>
            Effect.annotateLogs(Effect.logInfo("serving with node:http and ws instead"), { reason: message }),
          ),
          Effect.orElseSucceed(() => onNode),
        );
    }
  }),
);
