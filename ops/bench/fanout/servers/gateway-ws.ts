// PixSim on ws.
import { startGateway } from "./gateway.ts";

export const start = () => startGateway("ws");
