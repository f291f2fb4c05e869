// PixSim on node:http and ws.
import { startGateway } from "./gateway.ts";

export const start = () => startGateway("ws");
