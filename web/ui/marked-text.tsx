// Marks pieces of what is written in a text area: the same text stands behind it, unseen but for the ground of those pieces. The area itself
// is left as it is, so caret, undo and input methods are the browser's own.
import { createEffect, createSignal, For, on, Show, type Component, type JSX } from "solid-js";
import type { Tone } from "./feedback.tsx";
import "./marked-text.css";

export interface Mark {
  /** Characters from the start. */
  readonly at: number;
  readonly length: number;
  readonly tone: Tone;
}

interface Piece {
  readonly text: string;
  readonly tone: Tone | null;
}

/** The text in pieces, marked and not, in order. Marks must not overlap. */
export const piecesOf = (text: string, marks: ReadonlyArray<Mark>): ReadonlyArray<Piece> => {
  const pieces: Array<Piece> = [];
  let from = 0;
  for (const { at, length, tone } of marks) {
    if (at > from) {
      pieces.push({ text: text.slice(from, at), tone: null });
    }
    pieces.push({ text: text.slice(at, at + length), tone });
    from = at + length;
  }
  if (from < text.length) {
    pieces.push({ text: text.slice(from), tone: null });
  }
  return pieces;
};

interface MarkedTextProps {
  readonly text: string;
  readonly marks: ReadonlyArray<Mark> | undefined;
  /** The text area. */
  readonly children: JSX.Element;
}

export const MarkedText: Component<MarkedTextProps> = (props) => {
  const [frame, setFrame] = createSignal<HTMLElement>();
  const [behind, setBehind] = createSignal<HTMLElement>();
  const follow = () => {
    const area = frame()?.querySelector("textarea");
    const drawn = behind();
    if (drawn !== undefined && area instanceof HTMLTextAreaElement) {
      drawn.scrollTop = area.scrollTop;
    }
  };
  createEffect(on(() => props.text, follow));
  return (
    // Scrolling does not bubble: it is caught on the way down.
    <div class="ui-marked" ref={setFrame} on:scroll={{ handleEvent: follow, capture: true, passive: true }}>
      <Show when={props.marks}>
        {(marks) => (
          <div class="ui-marked-behind" aria-hidden="true" ref={setBehind}>
            <For each={piecesOf(props.text, marks())}>
              {(piece) => (piece.tone === null ? piece.text : <mark data-tone={piece.tone}>{piece.text}</mark>)}
            </For>
            {/* A last line that is empty has a height only before something. */}
            {"\n"}
          </div>
        )}
      </Show>
      {props.children}
    </div>
  );
};
