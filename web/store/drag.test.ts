import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CallError } from "#protocol/wire/errors.ts";
import { createDraft } from "./draft.ts";
import { dragCarries, droppedAssets, setDraggedAssets } from "./drag.ts";
import { issuesOf, sentenceOf } from "./problem.ts";

/** A drag as the browser gives it, as far as it is used. */
const dragOf = (values: ReadonlyMap<string, string> = new Map(), files = false): DragEvent => {
  const data = new Map(values);
  const event = new Event("drop");
  Object.defineProperty(event, "dataTransfer", {
    value: {
      effectAllowed: "all",
      get types() {
        return [...data.keys(), ...(files ? ["Files"] : [])];
      },
      setData: (type: string, value: string) => void data.set(type, value),
      getData: (type: string) => data.get(type) ?? "",
    },
  });
  return event as DragEvent;
};

describe("a drag", () => {
  it("brings the assets that it was given", () => {
    const drag = dragOf();
    setDraggedAssets(drag, ["ast_1", "ast_2"]);
    expect(dragCarries(drag)).toBe("assets");
    expect(droppedAssets(drag)).toEqual(["ast_1", "ast_2"]);
  });

  it("of files or of something else is told apart", () => {
    expect(dragCarries(dragOf(new Map(), true))).toBe("files");
    expect(dragCarries(dragOf(new Map([["text/plain", "x"]])))).toBeNull();
  });

  it("from another page brings only what looks like ids", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const ids = droppedAssets(dragOf(new Map([["application/x-pixsim-assets", text]])));
        expect(ids.every((id) => /^[A-Za-z0-9_-]{1,64}$/.test(id))).toBe(true);
      }),
    );
  });
});

describe("the draft", () => {
  it("keeps wishes in order until the form takes them, the newest of very many", () => {
    const draft = createDraft();
    draft.usePrompt("a fox");
    draft.useAsset({ id: "ast_1", mediaType: "video" }, { operation: "video_extend", timeMs: 5 });
    expect(draft.take()).toEqual([
      { kind: "prompt", text: "a fox" },
      { kind: "useAsset", assetId: "ast_1", mediaType: "video", operation: "video_extend", timeMs: 5 },
    ]);
    expect(draft.take()).toEqual([]);
    for (let number = 0; number < 100; number += 1) {
      draft.usePrompt(String(number));
    }
    expect(draft.wishes()).toHaveLength(32);
    expect(draft.take().at(-1)).toEqual({ kind: "prompt", text: "99" });
  });
});

describe("a failure in words", () => {
  it("is the server's sentence, with the reference where there is one", () => {
    expect(sentenceOf(new CallError("internal", "A fault in the server.", undefined, "r1"))).toBe("A fault in the server. (reference r1)");
    expect(sentenceOf(new CallError("conflict", "Not now."))).toBe("Not now.");
    expect(sentenceOf("odd")).toContain("unexpectedly");
  });

  it("has issues only if it speaks of the input, and only those of the right shape", () => {
    const details = { issues: [{ path: ["params", 1], message: "no" }, { path: "x", message: "y" }, null, { path: [{}], message: "z" }] };
    expect(issuesOf(new CallError("invalid_input", "no", details))).toEqual([
      { path: ["params", 1], message: "no" },
      { path: [], message: "z" },
    ]);
    expect(issuesOf(new CallError("conflict", "no", details))).toEqual([]);
    expect(issuesOf(new CallError("invalid_input", "no", 5))).toEqual([]);
  });
});
