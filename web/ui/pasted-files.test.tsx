import { cleanup, render, screen } from "@solidjs/testing-library";
import { afterEach, describe, expect, it } from "vitest";
import { onPastedFiles } from "./pasted-files.ts";

afterEach(cleanup);

const picture = new File(["x"], "fox.png", { type: "image/png" });

/** Whether somebody took it. */
const paste = (files: ReadonlyArray<File>): boolean => {
  const event = new Event("paste", { bubbles: true, cancelable: true });
  Object.assign(event, { clipboardData: { files } });
  return !(document.activeElement ?? document.body).dispatchEvent(event);
};

const show = () => {
  const taken: Array<string> = [];
  const Taker = (props: { readonly name: string }) => {
    let root: HTMLDivElement | undefined;
    onPastedFiles(
      () => root,
      (files) => taken.push(...files.map((file) => `${props.name} ${file.name}`)),
    );
    return (
      <div ref={(element) => (root = element)}>
        <input aria-label={props.name} />
      </div>
    );
  };
  const shown = render(() => (
    <>
      <Taker name="form" />
      <Taker name="gallery" />
    </>
  ));
  return { taken, ...shown };
};

describe("pasted files", () => {
  it("belong to the one that has the focus, and to nobody elsewhere", () => {
    const { taken } = show();
    expect(paste([picture])).toBe(false);
    screen.getByLabelText("gallery").focus();
    expect(paste([picture])).toBe(true);
    screen.getByLabelText("form").focus();
    expect(paste([picture, picture])).toBe(true);
    expect(taken).toEqual(["gallery fox.png", "form fox.png", "form fox.png"]);
  });

  it("leave pasted text alone", () => {
    const { taken } = show();
    screen.getByLabelText("form").focus();
    expect(paste([])).toBe(false);
    expect(taken).toEqual([]);
  });

  it("are not heard of any more when the panel is gone", () => {
    const { taken, unmount } = show();
    unmount();
    expect(paste([picture])).toBe(false);
    expect(taken).toEqual([]);
  });
});
