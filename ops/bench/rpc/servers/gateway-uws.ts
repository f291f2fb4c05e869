// PixSim on uWebSockets.js.
import { startGateway } from "./gateway.ts";

export const start = async () => {
  const { port, token } = await startGateway("uws");
  return { port, token };
};
