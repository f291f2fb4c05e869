// PixSim on uWebSockets.js.
import { startGateway } from "./gateway.ts";

export const start = () => startGateway("uws");
