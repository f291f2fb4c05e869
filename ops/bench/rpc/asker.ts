// One connection of the load: as many requests in flight as told, each answer followed by the next request.
import type { WebSocket } from "ws";
import { openSocket } from "../opening.ts";
import { payload, type Speech } from "./speech.ts";

const expected = Buffer.from(payload);

export class Asker {
  readonly #socket: WebSocket;
  readonly #speech: Speech;
  #ids = 0;
  #take: (data: Buffer) => void = () => {};
  #fault: Error | undefined;
  #reject: (error: Error) => void = () => {};

  /** Connected, and past the opening. */
  static async open(port: number, speech: Speech): Promise<Asker> {
    return new Asker(await openSocket(`ws://127.0.0.1:${port}${speech.path}`, speech.opening), speech);
  }

  private constructor(socket: WebSocket, speech: Speech) {
    this.#socket = socket;
    this.#speech = speech;
    socket.on("message", (data) => this.#take(data as Buffer));
    socket.on("error", (error) => this.#broken(error));
    socket.on("close", (code, reason) => this.#broken(new Error(`the server closed the connection: ${code} ${reason.toString()}`)));
  }

  readonly #broken = (error: Error): void => {
    this.#fault ??= error;
    this.#reject(this.#fault);
  };

  /** Completes when so many requests were answered. */
  run(inFlight: number, requests: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let asked = 0;
      let answered = 0;
      const ask = (): void => {
        asked++;
        this.#socket.send(this.#speech.request(++this.#ids));
      };
      this.#reject = reject;
      if (this.#fault !== undefined) reject(this.#fault);
      this.#take = (data) => {
        if (!data.includes(expected)) {
          const text = data.toString();
          const say = this.#speech.aside(text);
          if (say === undefined) this.#broken(new Error(`the answer does not carry what was asked: ${text.slice(0, 200)}`));
          else this.#socket.send(say);
          return;
        }
        answered++;
        if (asked < requests) ask();
        else if (answered === requests) resolve();
      };
      for (let n = Math.min(inFlight, requests); n > 0; n--) ask();
    });
  }

  close(): void {
    this.#socket.terminate();
  }
}
