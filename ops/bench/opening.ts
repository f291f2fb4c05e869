// A bare WebSocket client that is past its server's opening: what all loads begin with.
import { WebSocket } from "ws";

/** What is said before anything else: perhaps a frame, then one is awaited that starts so. */
export type Opening = ReadonlyArray<{ readonly send?: string; readonly awaits: string }>;

/** Frames may come in one go with the upgrade's answer: what is awaited is known before. */
export const openSocket = (url: string, opening: Opening): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    const steps = [...opening];
    const next = (): void => {
      const [step] = steps;
      if (step?.send !== undefined) socket.send(step.send);
      if (step !== undefined) return;
      socket.off("message", take).off("error", reject).off("close", closed);
      resolve(socket);
    };
    const take = (data: unknown): void => {
      const text = String(data);
      const step = steps.shift();
      if (step !== undefined && text.startsWith(step.awaits)) next();
      else reject(new Error(`expected a frame that starts with ${step?.awaits ?? "nothing"}, got ${text.slice(0, 200)}`));
    };
    const closed = (code: number, reason: Buffer): void =>
      reject(new Error(`the server closed the connection: ${code} ${reason.toString()}`));
    socket.on("message", take).on("error", reject).on("close", closed).once("open", next);
  });
