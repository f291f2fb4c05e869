import { describe, expect, it } from "vitest";
import type { ProviderFailure } from "./provider.ts";
import {
  endOfEntry,
  type Entry,
  failureOfAnswer,
  fractionOf,
  hear,
  type Heard,
  History,
  isOfKey,
  nothingHeard,
  weightsOf,
} from "./comfyui-wire.ts";
import { wanTextToVideo } from "./comfyui-workflow.ts";

type Kind = ProviderFailure["kind"];

/** An entry of `/history/id` as ComfyUI 0.3 writes it. */
const entry = (outputs: unknown, messages: ReadonlyArray<readonly [string, unknown]> = [], status = "success") =>
  History.parse({
    id: {
      prompt: [3, "id", {}, { client_id: "id", create_time: 1, pixsim_key: "job/1" }, ["58"]],
      outputs,
      status: { status_str: status, completed: status === "success", messages: [["execution_start", { prompt_id: "id" }], ...messages] },
      meta: {},
    },
  })["id"]!;
const file = (filename: string, type = "output") => ({ filename, subfolder: "video", type });

describe("what a prompt has made", () => {
  it.each([
    ["Save Video", { "58": { images: [file("a.mp4")], animated: [true] } }],
    ["Video Combine", { "9": { gifs: [{ ...file("a.mp4"), format: "video/h264-mp4", frame_rate: 16 }] } }],
    ["other nodes", { "9": { videos: [file("a.mp4")] } }],
    ["still other nodes", { "9": { video: [file("a.mp4")] } }],
    ["a picture beside it", { "1": { images: [file("frame.png")] }, "2": { images: [file("a.mp4")] } }],
    ["a preview before it", { "1": { images: [file("preview.mp4", "temp")] }, "2": { images: [file("a.mp4")] } }],
    ["what is no output", { "1": { text: ["done"], images: null }, "2": { images: ["what", 1, file("a.mp4")] }, "3": 7 }],
  ])("is found: %s", (_, outputs) => {
    expect(endOfEntry(entry(outputs))).toEqual({ file: file("a.mp4") });
  });

  it("may be a preview where nothing is kept", () => {
    expect(endOfEntry(entry({ "1": { images: [file("preview.webm", "temp")] } }))).toEqual({ file: file("preview.webm", "temp") });
  });

  it("is no picture", () => {
    const found = entry({ "1": { images: [file("a.png"), file("a.webp")] } });
    expect(failureOf(found)).toMatchObject({ kind: "parameters", message: expect.stringContaining("Save Video") });
  });
});

const failureOf = (of: Entry) => {
  const end = endOfEntry(of);
  return "failure" in end ? end.failure : null;
};

describe("how a prompt failed", () => {
  const error = (exception_message: string, exception_type = "RuntimeError") =>
    entry({}, [["execution_error", { prompt_id: "id", node_id: "3", node_type: "KSampler", exception_message, exception_type }]], "error");

  it("is told by node and reason", () => {
    expect(failureOf(error("mat1 and mat2\n shapes"))).toEqual({ kind: "provider", message: "KSampler failed: mat1 and mat2 shapes" });
    expect(failureOf(error("x".repeat(5000)))?.message.length).toBeLessThan(400);
    expect(failureOf(entry({}, [], "error"))).toMatchObject({ kind: "provider", message: expect.stringContaining("failed") });
  });

  it.each([
    ["Allocation on device", "torch.OutOfMemoryError"],
    ["CUDA out of memory. Tried to allocate 2 GiB", "RuntimeError"],
  ])("is a matter of memory: %s", (message, type) => {
    expect(failureOf(error(message, type))?.message).toMatch(/memory.*smaller/);
  });

  it("is that somebody stopped it", () => {
    expect(failureOf(entry({}, [["execution_interrupted", { prompt_id: "id" }]], "error"))).toMatchObject({
      kind: "provider",
      message: expect.stringMatching(/cancelled/),
    });
  });
});

describe("an error of a server", () => {
  const refused = {
    error: { type: "prompt_outputs_failed_validation", message: "Prompt outputs failed validation", details: "", extra_info: {} },
    node_errors: {
      "37": {
        class_type: "UNETLoader",
        dependent_outputs: ["58"],
        errors: [
          { type: "value_not_in_list", message: "Value not in list", details: "unet_name: 'wan.safetensors' not in []", extra_info: {} },
        ],
      },
    },
  };
  const answer = (status: number, body: unknown) => ({ status, headers: {}, body });

  it("in the workflow names the node and what it misses", () => {
    expect(failureOfAnswer(answer(400, refused), "submit")).toEqual({
      kind: "parameters",
      message: "The server does not take the workflow: UNETLoader: Value not in list (unet_name: 'wan.safetensors' not in [])",
    });
  });

  it("may be a bare string, as old servers send it", () => {
    expect(failureOfAnswer(answer(400, { error: "no prompt", node_errors: [] }), "submit")).toMatchObject({
      kind: "parameters",
      message: expect.stringContaining("no prompt"),
    });
  });

  it.each<[number, "submit" | "ask" | "prepare", Kind]>([
    [401, "submit", "authentication"],
    [403, "ask", "authentication"],
    [404, "submit", "authentication"],
    [405, "prepare", "authentication"],
    [404, "ask", "network"],
    [413, "prepare", "input"],
    [429, "submit", "limit"],
    [500, "submit", "network"],
    [502, "ask", "network"],
  ])("of status %i at a %s is of kind %s", (status, during, kind) => {
    expect(failureOfAnswer(answer(status, null), during)).toMatchObject({ kind, message: expect.stringMatching(/\S/) });
  });
});

describe("a key", () => {
  it("is found in what a submit said besides", () => {
    const item: [number, string, unknown, unknown] = [1, "id", {}, { client_id: "c", pixsim_key: "job/1" }];
    expect(isOfKey(item, "job/1")).toBe(true);
    expect(isOfKey(item, "job/2")).toBe(false);
    expect(isOfKey([1, "id", {}, null], "job/1")).toBe(false);
  });
});

describe("the progress of a prompt", () => {
  const begun: Heard = { ...nothingHeard, weights: weightsOf(wanTextToVideo) };
  const told = (messages: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>]>, from = begun): Heard =>
    messages.reduce((heard, [type, data]) => hear(heard, "id", JSON.stringify({ type, data: { prompt_id: "id", ...data } })), from);

  it("counts the steps of the sampler, and every other node as one", () => {
    expect(begun.weights).toMatchObject({ "3": 20, "6": 1 });
    expect(fractionOf(begun)).toBeNull();
    const all = Object.values(begun.weights).reduce((sum, weight) => sum + weight);
    const heard = told([
      ["execution_start", {}],
      ["execution_cached", { nodes: ["37", "38"] }],
      ["executing", { node: "3", display_node: "3" }],
      ["progress", { node: "3", value: 10, max: 20 }],
    ]);
    expect(fractionOf(heard)).toBeCloseTo((2 + 10) / all);
    expect(heard.ended).toBe(false);
  });

  it("knows that a node is done when the next one begins", () => {
    const heard = told([
      ["executing", { node: "6" }],
      ["executing", { node: "7" }],
    ]);
    expect(heard.done).toEqual({ "6": 1 });
    expect(heard.current).toBe("7");
  });

  it("takes the state of all nodes at once, as newer servers tell it", () => {
    const nodes = { "37": { value: 1, max: 1, state: "finished" }, "57:3": { value: 5, max: 20, state: "running", display_node_id: "3" } };
    expect(told([["progress_state", { nodes }]]).done).toEqual({ "37": 1, "3": 0.25 });
  });

  it.each([["execution_success"], ["execution_error"], ["execution_interrupted"]])("is over with %s", (type) => {
    expect(told([[type, {}]]).ended).toBe(true);
  });

  it("is over when old servers name no node any more", () => {
    expect(told([["executing", { node: null }]]).ended).toBe(true);
  });

  it("goes on as it was after messages of others and what cannot be read", () => {
    const others = JSON.stringify({ type: "execution_success", data: { prompt_id: "another" } });
    const status = JSON.stringify({ type: "status", data: { status: { exec_info: { queue_remaining: 1 } }, sid: "id" } });
    for (const text of [others, status, "{", "null", '{"type":"progress"}']) expect(hear(begun, "id", text)).toBe(begun);
  });

  it("is not known of a workflow that is not known", () => {
    expect(weightsOf(null)).toEqual({});
    expect(fractionOf(told([["progress", { node: "3", value: 1, max: 2 }]], nothingHeard))).toBeNull();
  });
});
