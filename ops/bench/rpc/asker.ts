// One connection of the load: as many requests in flight as told, each answer followed by the next request.
import { WebSocket } from "ws";
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
    const url = `ws://127.0.0.1:${port}${speech.path}`;
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    const asker = new Asker(socket, speech);
    await asker.#open();
    return asker;
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

  /** Frames may come in one go with the upgrade's answer: what is awaited is known before. */
  #open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      const steps = [...this.#speech.opening];
      const next = (): void => {
        const [step] = steps;
        if (step === undefined) resolve();
        else if (step.send !== undefined) this.#socket.send(step.send);
      };
      this.#take = (data) => {
        const text = data.toString();
        const step = steps.shift();
        if (step === undefined || !text.startsWith(step.awaits)) {
          this.#broken(new Error(`expected a frame that starts with ${step?.awaits ?? "nothing"}, got ${text.slice(0, 200)}`));
          return;
        }
        next();
      };
      this.#socket.once("open", next);
    });
  }

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
