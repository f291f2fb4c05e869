// A client on a bare WebSocket, written from WIRE.md alone: it shows that the page is enough. Imports nothing, on purpose.
type Frame = { readonly t: string; readonly id: number; readonly stream: number; readonly [field: string]: unknown };
type Open = (frame: Frame) => void;
type Begun = { readonly uploadId: string; readonly stream: number; readonly offset: number };
const fail = ({ e }: Frame) => Object.assign(new Error((e as { message: string }).message), e);

export class Stranger {
  socket!: WebSocket;
  limits: Record<string, number> = {};
  /** Position of each topic that is followed, by the name it was followed under. */
  readonly places = new Map<string, string>();
  readonly #open = new Map<number, Open>();
  readonly #uploads = new Map<number, Open>();
  #id = 0;

  /** Resolves with the welcome; `closed` hears the code, from which it can be seen whether to connect again. */
  connect(url: string, token?: string, closed: (code: number) => void = () => {}): Promise<Frame> {
    return new Promise((resolve) => {
      const socket = (this.socket = new WebSocket(url));
      socket.onopen = () => this.#send({ t: "hello", versions: [1], client: "stranger", ...(token && { token }) });
      socket.onclose = ({ code }) => {
        const lost = { t: "err", id: 0, stream: 0, e: { code: "unavailable", message: `The connection was closed with ${code}.` } };
        for (const open of [...this.#open.values(), ...this.#uploads.values()]) open(lost);
        this.#open.clear();
        this.#uploads.clear();
        closed(code);
      };
      socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data as string) as Frame;
        if (frame.t === "welcome") {
          this.limits = frame["limits"] as Record<string, number>;
          resolve(frame);
        } else if (frame.t === "ping") this.#send({ t: "pong", n: frame["n"] });
        else if (frame.t === "ack" || frame.t === "abort") this.#uploads.get(frame.stream)?.(frame);
        else this.#open.get(frame.id)?.(frame);
      };
    });
  }

  #send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  #begin(frame: object, open: Open): number {
    this.#send({ ...frame, id: ++this.#id });
    this.#open.set(this.#id, open);
    return this.#id;
  }

  call(call: string, input: object, key?: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#begin({ t: "call", call, input, ...(key && { key }) }, (frame) => {
        this.#open.delete(id);
        if (frame.t === "ok") resolve(frame["r"]);
        else reject(fail(frame));
      });
    });
  }

  stream(stream: string, input: object, item: (item: unknown) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.#begin({ t: "open", stream, input, credit: 1 }, (frame) => {
        if (frame.t === "item") {
          item(frame["d"]);
          return this.#send({ t: "credit", id, n: 1 });
        }
        this.#open.delete(id);
        return frame.t === "end" ? resolve() : reject(fail(frame));
      });
    });
  }

  /** Goes on from where this topic was, if it was followed before. */
  follow(topic: string, params: object, heard: (kind: string, data: unknown) => void): () => void {
    const id = this.#begin({ t: "sub", topic, params, ...(this.places.has(topic) && { from: this.places.get(topic) }) }, (frame) => {
      if (frame["pos"] !== undefined) this.places.set(topic, frame["pos"] as string);
      heard(frame.t, frame["d"]);
    });
    return () => this.#send({ t: "unsub", id });
  }

  async upload(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<unknown> {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const sha256 = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const begun = (await this.call("assets.beginUpload", { name, size: bytes.length })) as Begun;
    for (let at = begun.offset; at < bytes.length;) {
      const part = bytes.subarray(at, at + this.limits["maxBinaryBytes"]! - 16);
      const frame = new Uint8Array(16 + part.length).fill(1, 0, 1);
      frame.set(part, 16);
      new DataView(frame.buffer).setUint32(4, begun.stream);
      new DataView(frame.buffer).setBigUint64(8, BigInt(at));
      at = await new Promise<number>((resolve, reject) => {
        this.#uploads.set(begun.stream, (answer) => (answer.t === "ack" ? resolve(answer["offset"] as number) : reject(fail(answer))));
        this.socket.send(frame);
      });
    }
    return this.call("assets.finishUpload", { uploadId: begun.uploadId, sha256 });
  }
}
