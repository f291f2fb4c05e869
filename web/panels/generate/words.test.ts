import { describe, expect, it } from "vitest";
import { parseList } from "#protocol/template/parse.ts";
import type { PromptOrigin } from "#web/store/draft.ts";
import { countWords, isExact, promptRequest, readWords, someTexts } from "./words.ts";

const origin: PromptOrigin = { versionId: "prv_1", title: "Fox", number: 1, text: "a {red|grey} ${who:fox}", negative: "blurry" };

describe("the words of the form", () => {
  it("are plain unless something of them would be chosen or filled in", () => {
    expect(readWords('a fox | {"a": 1}', "")).toMatchObject({ plain: true, variables: [], lists: [], hasChoices: false });
    expect(readWords("a fox", "{a|b}").plain).toBe(false);
    expect(readWords("a {__colours__|${c:__shades__}} ${who}", "${d:x}")).toMatchObject({
      plain: false,
      variables: [
        { name: "c", fallback: "__shades__" },
        { name: "who", fallback: null },
        { name: "d", fallback: "x" },
      ],
      lists: ["colours", "shades"],
      hasChoices: true,
    });
    expect(readWords("a {b", "").faults).toHaveLength(1);
  });

  it("ask for what the style around them leaves open, too", () => {
    const style = { versionId: "prv_s", title: "Oil", text: "{prompt} in ${light}", negative: "${avoid:glare}" };
    expect(readWords("a ${who}", "", style).variables).toEqual([
      { name: "who", fallback: null },
      { name: "light", fallback: null },
      { name: "avoid", fallback: "glare" },
    ]);
    // An operation without a negative prompt takes none of a style either.
    expect(readWords("a fox", null, style).variables).toEqual([{ name: "light", fallback: null }]);
    expect(readWords("a fox", "", style)).toMatchObject({ plain: true, hasChoices: false });
  });

  it("say how many texts they can become, where that is known", () => {
    const count = (text: string) => countWords(readWords(text, ""), {});
    expect(count("a fox")).toBeNull();
    expect(count("a {b|c} {d|e|f}")).toBe("6 texts: each video takes one, by its seed.");
    expect(count("{a|b}{c|d}{e|f}{g|h}{i|j}{k|l}{m|n}{o|p}")).toContain("More than 200 texts");
    expect(count("a __list__")).toBe("Each video takes its own words, by its seed.");
    expect(count("{a|b} ${missing}")).toBe("Each video takes its own words, by its seed.");
  });

  it("show some texts, or what is missing", () => {
    const lists = new Map([["colours", parseList("red\ngrey").options]]);
    const texts = someTexts(readWords("a __Colours__ ${who}", ""), lists, { who: "fox" }, 3, 20);
    expect(new Set(texts.map(({ text }) => text))).toEqual(new Set(["a red fox", "a grey fox"]));
    expect(someTexts(readWords("${who}", ""), lists, {}, 0, 1)[0]?.fault?.message).toContain("needs a value");
  });

  it("name their version only where they are it, to the letter", () => {
    expect(isExact(origin, origin.text, "blurry")).toBe(true);
    expect(isExact(origin, `${origin.text} `, "blurry")).toBe(false);
    expect(isExact(origin, origin.text, "")).toBe(false);
    // An operation without a negative prompt.
    expect(isExact(origin, origin.text, null)).toBe(true);
    expect(promptRequest("a fox", "", null, null, { who: "x" })).toBeUndefined();
    expect(promptRequest(origin.text, "blurry", origin, null, { who: "wolf", other: "x", empty: "" })).toEqual({
      versionId: "prv_1",
      variables: { who: "wolf" },
    });
    expect(promptRequest(origin.text, "", origin, null, {})).toEqual({ variables: {} });
    expect(
      promptRequest("a fox", "", null, { versionId: "prv_s", title: "Oil", text: "${light}", negative: "" }, { light: "dusk" }),
    ).toEqual({
      styleVersionId: "prv_s",
      variables: { light: "dusk" },
    });
  });
});
