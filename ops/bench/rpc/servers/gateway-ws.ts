// PixSim on ws.
import { startGateway } from "./gateway.ts";

export const start = async () => {
  const { port, token } = await startGateway("ws");
  return { port, token };
};
