import { cleanup, fireEvent, render, screen } from "@solidjs/testing-library";
import fc from "fast-check";
import { createSignal } from "solid-js";
import { afterEach, describe, expect, it } from "vitest";
import { promptMarks } from "#web/panels/prompts/marks.ts";
import { piecesOf } from "./marked-text.tsx";
import { TextField } from "./text-field.tsx";

afterEach(cleanup);

const show = (start: string) => {
  const [text, setText] = createSignal(start);
  const { container } = render(() => <TextField label="Prompt" multiline value={text()} marks={promptMarks(text())} onInput={setText} />);
  const area = screen.getByLabelText<HTMLTextAreaElement>("Prompt");
  const behind = () => container.querySelector<HTMLElement>(".ui-marked-behind");
  const marked = () => [...container.querySelectorAll("mark")].map((mark) => [mark.textContent, mark.dataset["tone"]]);
  return { area, behind, marked, text };
};

describe("marked text", () => {
  it("marks choices, variables and lists of what is written, as it is written", () => {
    const { area, behind, marked, text } = show("A {red|dark {blue|green}} fox in ${place:the {wood|sea}}, __weather__");
    const first = marked();
    expect(first).toEqual([
      ["{red|dark {blue|green}}", "active"],
      ["${place:the {wood|sea}}", "ok"],
      ["__weather__", "info"],
    ]);
    expect(behind()?.textContent).toBe(`${text()}\n`);
    expect(behind()?.getAttribute("aria-hidden")).toBe("true");
    fireEvent.input(area, { target: { value: String.raw`{plain} \{a|b\} {a|b` } });
    expect(marked()).toEqual([]);
    fireEvent.input(area, { target: { value: "{a|b}\n" } });
    expect(marked()).toEqual([["{a|b}", "active"]]);
    // It is the same element all the time: what the browser keeps of it stays.
    expect(screen.getByLabelText("Prompt")).toBe(area);
  });

  it("scrolls as the text area does", () => {
    const { area, behind } = show("a\n".repeat(100));
    area.scrollTop = 120;
    fireEvent.scroll(area);
    expect(behind()?.scrollTop).toBe(120);
  });

  it("says the whole text, whatever is marked", () => {
    const written = fc.array(fc.constantFrom("{", "}", "|", "$", "{a|b}", "${x}", "${x:y}", "__l__", "_", "\\", " ", "é", "🦊", "\n"), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(written, (words) => {
        const text = words.join("");
        const pieces = piecesOf(text, promptMarks(text));
        expect(pieces.map((piece) => piece.text).join("")).toBe(text);
        expect(pieces.every((piece) => piece.text !== "")).toBe(true);
      }),
    );
  });
});
