import { describe, expect, it } from "vitest";
import { imageToVideoParams, sizeOf, textToVideoParams, valuesOf } from "./comfyui-operations.ts";
import { bind, missingAt, readWorkflow, wanImageToVideo, wanTextToVideo, type Workflow, type WorkflowValues } from "./comfyui-workflow.ts";

const values: WorkflowValues = {
  prompt: 'say "hi" to %seed% \\ {',
  negativePrompt: "blur",
  seed: 7,
  width: 832,
  height: 480,
  frames: 121,
  fps: 24,
  seconds: 5,
  image: "pixsim/a.jpg",
};
const node = (inputs: Readonly<Record<string, unknown>>, class_type = "Node"): Workflow => ({ "1": { class_type, inputs } });
const inputsOf = (workflow: Workflow) => workflow["1"]?.inputs;

describe("binding values to a workflow", () => {
  it("puts a value with its type where a string is nothing but its name", () => {
    const bound = bind(node({ seed: "%seed%", fps: "%fps%", text: "%prompt%", image: "%image%" }), values);
    expect(inputsOf(bound)).toEqual({ seed: 7, fps: 24, text: values.prompt, image: "pixsim/a.jpg" });
  });

  it("puts values into longer strings, lists and objects, and looks no value through again", () => {
    const bound = bind(
      node({ text: "best, %prompt%, %width%x%height%", list: ["%frames%", ["4", 0]], deep: { a: "%negativePrompt%" } }),
      values,
    );
    expect(inputsOf(bound)).toEqual({
      text: 'best, say "hi" to %seed% \\ {, 832x480',
      list: [121, ["4", 0]],
      deep: { a: "blur" },
    });
  });

  it("leaves what is not one of its names to ComfyUI", () => {
    expect(inputsOf(bind(node({ filename_prefix: "video/%date:yyyy-MM-dd%_100%" }), values))).toEqual({
      filename_prefix: "video/%date:yyyy-MM-dd%_100%",
    });
  });

  it("keeps what else a node has", () => {
    expect(bind({ "1": { class_type: "Node", inputs: {}, _meta: { title: "%seed%" } } }, values)).toEqual({
      "1": { class_type: "Node", inputs: {}, _meta: { title: "%seed%" } },
    });
  });
});

describe("a workflow that a person pastes", () => {
  const text = (inputs: Readonly<Record<string, unknown>>) => JSON.stringify(node(inputs));

  it("is read", () => {
    expect(readWorkflow(text({ text: "%prompt%" }), false)).toEqual({ workflow: node({ text: "%prompt%" }) });
    expect(readWorkflow(text({ text: "%prompt%", image: "%image%" }), true)).toHaveProperty("workflow");
  });

  it.each([
    ["{", false, /not JSON/],
    ['{"nodes": [], "links": []}', false, /Export \(API\)/],
    ["[]", false, /no workflow/],
    ["{}", false, /no workflow/],
    ["null", false, /no workflow/],
    ['{"1": {"class_type": "Node"}}', false, /class_type and inputs/],
    [text({ text: "a fox" }), false, /%prompt%/],
    [text({ text: "%prompt%" }), true, /%image%/],
    [text({ text: "%prompt%", image: "%image%" }), false, /no picture/],
  ])("is refused with what to do: %s", (pasted, takesImage, problem) => {
    expect(readWorkflow(pasted, takesImage)).toEqual({ problem: expect.stringMatching(problem) });
  });
});

describe("the workflows that come with it", () => {
  it.each([
    ["text to video", wanTextToVideo, false],
    ["image to video", wanImageToVideo, true],
  ] as const)("keep to what a pasted one must, and link only nodes that are there: %s", (_, workflow, takesImage) => {
    expect(readWorkflow(JSON.stringify(workflow), takesImage)).toEqual({ workflow });
    for (const { inputs } of Object.values(workflow)) {
      for (const value of Object.values(inputs)) if (Array.isArray(value)) expect(Object.keys(workflow)).toContain(value[0]);
    }
  });

  it("have every value in its place", () => {
    const bound = bind(wanImageToVideo, { ...values, prompt: "a fox" });
    expect(JSON.stringify(bound)).not.toContain("%");
    expect(bound["55"]?.inputs).toMatchObject({ width: 832, height: 480, length: 121, start_image: ["56", 0] });
    expect(bound["3"]?.inputs).toMatchObject({ seed: 7 });
    expect(bound["56"]?.inputs).toEqual({ image: "pixsim/a.jpg" });
    expect(bind(wanTextToVideo, values)["55"]?.inputs).not.toHaveProperty("start_image");
  });
});

describe("the sizes of a video", () => {
  it.each([
    ["480p", "16:9", 1, { width: 832, height: 480 }],
    ["720p", "16:9", 1, { width: 1280, height: 704 }],
    ["480p", "9:16", 1, { width: 480, height: 832 }],
    ["480p", "source", 1, { width: 640, height: 640 }],
    ["480p", "source", 100, { width: 1088, height: 352 }],
  ] as const)("%s %s of a picture of %f is %j", (quality, aspectRatio, ratio, size) => {
    expect(sizeOf({ quality, aspectRatio }, ratio)).toEqual(size);
  });

  it("go with a number of frames that models take, and the seed that is asked for", () => {
    const params = textToVideoParams.parse({ prompt: "a fox", duration: 2.5, seed: 0 });
    expect(valuesOf(params, { width: 832, height: 480 }, 99)).toMatchObject({ frames: 61, fps: 24, seconds: 2.5, seed: 0 });
    expect(valuesOf(imageToVideoParams.parse({ prompt: "a fox" }), { width: 832, height: 480 }, 99, "a.jpg")).toMatchObject({
      frames: 121,
      seed: 99,
      image: "a.jpg",
    });
  });
});

describe("what a server must have", () => {
  const workflow = node({ unet_name: "wan.safetensors", text: "%prompt%" }, "UNETLoader");
  const info = (unet_name: unknown) => new Map([["UNETLoader", { input: { required: { unet_name, text: ["STRING", {}] } } }]]);

  it.each([[[["wan.safetensors"], {}]], [["COMBO", { options: ["wan.safetensors"] }]]])("is there: %j", (spec) => {
    expect(missingAt(workflow, info(spec))).toBeNull();
  });

  it.each([[[["ltx.safetensors"]]], [["COMBO", { options: [] }]]])("is a file that is missing: %j", (spec) => {
    expect(missingAt(workflow, info(spec))).toMatch(/UNETLoader has no unet_name “wan\.safetensors”/);
  });

  it("is a node that is missing", () => {
    expect(missingAt(workflow, new Map())).toMatch(/no node UNETLoader/);
  });

  it("is not asked for what cannot be chosen", () => {
    expect(missingAt(workflow, info(["STRING", {}]))).toBeNull();
  });
});
