import { describe, expect, it } from "vitest";
import { parseList } from "#protocol/template/parse.ts";
import type { PromptOrigin } from "#web/store/draft.ts";
import { countWords, isExact, promptRequest, readWords, someTexts, variablesOf, type Written } from "./words.ts";

const origin: PromptOrigin = { versionId: "prv_1", title: "Fox", number: 1, text: "a {red|grey} ${who:fox}", negative: "blurry" };
const one = (text: string, negative: string | null = ""): Written => ({ texts: [text], negatives: negative === null ? null : [negative] });

describe("the words of the form", () => {
  it("are plain unless something of them would be chosen or filled in", () => {
    expect(readWords('a fox | {"a": 1}', "")).toMatchObject({ plain: true, lists: [], hasChoices: false });
    expect(readWords("a fox", "{a|b}").plain).toBe(false);
    expect(variablesOf(one("a fox"), null)).toEqual([]);
    const text = "a {__colours__|${c:__shades__}} ${who}";
    expect(variablesOf(one(text, "${d:x}"), null)).toEqual([
      { name: "c", fallback: "__shades__" },
      { name: "who", fallback: null },
      { name: "d", fallback: "x" },
    ]);
    expect(readWords(text, "${d:x}")).toMatchObject({
      plain: false,
      lists: ["colours", "shades"],
      hasChoices: true,
    });
    expect(readWords("a {b", "").faults).toHaveLength(1);
  });

  it("ask for what the style around them leaves open, too", () => {
    const style = { versionId: "prv_s", title: "Oil", text: "{prompt} in ${light}", negative: "${avoid:glare}" };
    expect(variablesOf(one("a ${who}"), style)).toEqual([
      { name: "who", fallback: null },
      { name: "light", fallback: null },
      { name: "avoid", fallback: "glare" },
    ]);
    // An operation without a negative prompt takes none of a style either.
    expect(variablesOf(one("a fox", null), style)).toEqual([{ name: "light", fallback: null }]);
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
    expect(promptRequest(one("a fox"), null, null, { who: "x" })).toBeUndefined();
    expect(promptRequest(one(origin.text, "blurry"), origin, null, { who: "wolf", other: "x", empty: "" })).toEqual({
      versionId: "prv_1",
      variables: { who: "wolf" },
    });
    expect(promptRequest(one(origin.text), origin, null, {})).toEqual({ variables: {} });
    expect(
      promptRequest(one("a fox"), null, { versionId: "prv_s", title: "Oil", text: "${light}", negative: "" }, { light: "dusk" }),
    ).toEqual({
      styleVersionId: "prv_s",
      variables: { light: "dusk" },
    });
  });

  it("ask in several cells for what any of them leaves open, and are of no version there", () => {
    const written: Written = { texts: [origin.text, "a ${who} ${at:dusk}", "a fox"], negatives: ["blurry"] };
    // What stands in for it in one cell does not in another.
    expect(variablesOf(written, null)).toEqual([
      { name: "who", fallback: null },
      { name: "at", fallback: "dusk" },
    ]);
    expect(promptRequest(written, origin, null, { who: "wolf", at: "", other: "x" })).toEqual({ variables: { who: "wolf" } });
    expect(promptRequest({ texts: [origin.text], negatives: ["blurry", "dark"] }, origin, null, {})).toEqual({ variables: {} });
    for (const texts of [
      ["a fox", "a {red|grey} fox"],
      ["a fox", String.raw`a \{1\}`],
    ]) {
      expect(promptRequest({ texts, negatives: [""] }, null, null, {})).toEqual({ variables: {} });
    }
    expect(promptRequest({ texts: ["a fox"], negatives: ["", "${x}"] }, null, null, { x: "y" })).toEqual({ variables: { x: "y" } });
    expect(promptRequest({ texts: ["a fox", "a wolf"], negatives: null }, null, null, { x: "y" })).toBeUndefined();
  });
});
