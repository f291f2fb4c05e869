// One connection of the load: as many requests in flight as told, each answer followed by the next request.
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import { payload, type Speech } from "./speech.ts";

const expected = Buffer.from(payload);

export class Asker {
  readonly #socket: WebSocket;
  readonly #stream: Socket;
  readonly #speech: Speech;
  #ids = 0;
  #corked = false;
  #take: (data: Buffer) => void = () => {};
  #broken: (error: Error) => void = () => {};

  /** Connected, and past the opening. */
  static async open(port: number, speech: Speech): Promise<Asker> {
    const stream = connect({ host: "127.0.0.1", port, noDelay: true });
    const url = `ws://127.0.0.1:${port}${speech.path}`;
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true, createConnection: () => stream });
    const asker = new Asker(socket, stream, speech);
    await asker.#open();
    return asker;
  }

  private constructor(socket: WebSocket, stream: Socket, speech: Speech) {
    this.#socket = socket;
    this.#stream = stream;
    this.#speech = speech;
    socket.on("message", (data) => this.#take(data as Buffer));
    socket.on("error", (error) => this.#broken(error));
    socket.on("close", (code, reason) => this.#broken(new Error(`the server closed the connection: ${code} ${reason.toString()}`)));
  }

  /** Frames may come in one go with the upgrade's answer: what is awaited is known before. */
  #open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#broken = reject;
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
          reject(new Error(`expected a frame that starts with ${step?.awaits ?? "nothing"}, got ${text.slice(0, 200)}`));
          return;
        }
        next();
      };
      this.#socket.once("open", next);
    });
  }

  /** Requests sent in one tick leave together. */
  #send(text: string): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#stream.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#stream.uncork();
      });
    }
    this.#socket.send(text);
  }

  /** Asks until that time (of `performance.now`), then waits for what is in flight. Answers how many were answered. */
  run(inFlight: number, until: number): Promise<number> {
    return new Promise((resolve, reject) => {
      let open = 0;
      let answered = 0;
      const ask = (): void => {
        open++;
        this.#send(this.#speech.request(++this.#ids));
      };
      this.#broken = reject;
      this.#take = (data) => {
        if (!data.includes(expected)) {
          const text = data.toString();
          const say = this.#speech.aside(text);
          if (say === undefined) reject(new Error(`the answer does not carry what was asked: ${text.slice(0, 200)}`));
          else if (say !== "") this.#send(say);
          return;
        }
        open--;
        answered++;
        if (performance.now() < until) ask();
        else if (open === 0) resolve(answered);
      };
      for (let n = 0; n < inFlight; n++) ask();
    });
  }

  close(): void {
    this.#broken = () => {};
    this.#socket.terminate();
  }
}
