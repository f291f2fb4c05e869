// An order that is answered by a redirect, at every provider over real sockets: it may have been done, so it is refused by none of them.
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { comfyui } from "./comfyui.ts";
import { fal } from "./fal.ts";
import { openaiVideos } from "./openai-videos.ts";
import { pixverse } from "./pixverse.ts";
import type { Connection, Provider } from "./provider.ts";
import { replicate } from "./replicate.ts";
import { connectTest, failureOf } from "./testing.ts";

/** What may stand where an order has led: refusals of all providers, which are no word on the order itself. */
const refusals: ReadonlyArray<readonly [number, unknown]> = [
  ...[400011, 400032, 500008, 500043, 500044, 500063, 10001].map((ErrCode) => [200, { ErrCode, ErrMsg: "no", Resp: null }] as const),
  [200, { err_code: 500063, err_msg: "no" }],
  [200, { error: { message: "no", type: "invalid_request_error", code: "content_policy_violation", param: null } }],
  [200, { error: { type: "prompt_no_outputs", message: "no", details: "" }, node_errors: {} }],
  [200, { detail: [{ loc: ["body", "prompt"], msg: "no", type: "content_policy_violation" }] }],
  [200, { title: "Insufficient credit", detail: "no", status: 402 }],
  [204, null],
  [400, { error: { type: "prompt_no_outputs", message: "no", details: "" }, node_errors: {} }],
  [401, { detail: "no" }],
  [402, { detail: "no" }],
  [404, { detail: "no" }],
  [422, { detail: [{ loc: ["body", "prompt"], msg: "no", type: "content_policy_violation" }] }],
  [429, { detail: "no" }],
  [500, { ErrCode: 500063, ErrMsg: "no" }],
];

describe.each<Provider>([pixverse, openaiVideos, comfyui, fal, replicate])("an order that is redirected: $id", (provider) => {
  let answer: RequestListener;
  let orders: Array<string>;
  const server = createServer((request, response) => {
    if (request.method !== "GET") orders.push(request.url ?? "");
    request.resume().on("end", () => answer(request, response));
  });
  let connection: Connection;
  let close: () => Promise<void>;

  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const secrets = Object.keys(provider.account?.secrets.shape ?? {}).map((field) => [field, "secret-0123"]);
    ({ connection, close } = await connectTest(provider, { settings: { baseUrl }, secrets: Object.fromEntries(secrets), own: [baseUrl] }));
  });
  afterAll(async () => {
    await close();
    server.closeAllConnections();
    server.close();
  });
  afterEach(() => {
    orders = [];
  });

  const submitted = (answering: RequestListener) => {
    orders = [];
    answer = answering;
    const params = provider.operations.text_to_video!.params.parse({ prompt: "a fox" });
    return failureOf(connection.submit("job/1/1", { operation: "text_to_video", params, inputs: [] }));
  };

  it.each<readonly [number, string | undefined]>([
    [300, undefined],
    [300, "/elsewhere"],
    [301, undefined],
    [301, "/elsewhere"],
    [302, undefined],
    [302, "/elsewhere"],
    [302, "http://["],
    [303, undefined],
    [303, "ftp://elsewhere"],
    [304, undefined],
    [305, "/proxy"],
    [306, undefined],
    [307, undefined],
    [307, "http://["],
    [308, undefined],
  ])("nobody knows what came of it, which is told by none: status %i, location %s", async (status, location) => {
    const refused = { ErrCode: 500063, ErrMsg: "no", detail: "no", error: { type: "invalid_request", message: "no" } };
    const failure = await submitted((_, response) =>
      response.writeHead(status, location === undefined ? {} : { location }).end(status === 304 ? undefined : JSON.stringify(refused)),
    );
    expect(failure).toEqual({ kind: "network", message: expect.stringMatching(/base URL|no http or https URL/) });
    expect(orders.length).toBe(1);
  });

  it.each(refusals)("a refusal where it has led is none: status %i, %j", async (status, body) => {
    const failure = await submitted(({ method }, response) =>
      method === "GET"
        ? response.writeHead(status).end(body === null ? undefined : JSON.stringify(body))
        : response.writeHead(303, { location: "/behind" }).end(),
    );
    expect(failure).toEqual({ kind: "network", message: expect.stringMatching(/\S/) });
    expect(orders.length).toBe(1);
  });

  it.each([302, 304, 307])("nor is another redirect behind it, that leads nowhere: status %i", async (status) => {
    const failure = await submitted(({ method }, response) =>
      method === "GET" ? response.writeHead(status).end() : response.writeHead(303, { location: "/behind" }).end(),
    );
    expect(failure).toEqual({ kind: "network", message: expect.stringContaining("leads nowhere") });
  });

  it("round and round after it was done, and is not sent where all have left it to another", async () => {
    const round =
      (status: number): RequestListener =>
      (_, response) =>
        response.writeHead(status, { location: "/round" }).end();
    expect(await submitted(round(303))).toEqual({ kind: "network", message: expect.stringContaining("again and again") });
    expect(orders.length).toBe(1);
    for (const status of [307, 308]) {
      expect(await submitted(round(status))).toMatchObject({ unsent: true, message: expect.stringContaining("again and again") });
    }
    const last: RequestListener = (_, response) => response.writeHead(orders.length < 6 ? 307 : 302, { location: "/round" }).end();
    expect(await submitted(last)).toEqual({ kind: "network", message: expect.stringContaining("again and again") });
  });
});
