// The whole scene in a corner, with a frame around what is seen: press or drag in it to go there.
import { createEffect, createSignal, Show, type Accessor, type Component } from "solid-js";
import type { SceneNode } from "#protocol/scene/scene.ts";
import type { Editor } from "./editor.ts";
import { boundsOf, grown, seenIn, type Rect } from "./geometry.ts";
import { paintMap } from "./paint.ts";

interface MiniMapProps {
  readonly editor: Editor;
  readonly rects: Accessor<ReadonlyMap<string, Rect>>;
  readonly theme: Accessor<unknown>;
}

/** Fewer nodes than this are found without a map. */
const least = 4;

export const MiniMap: Component<MiniMapProps> = (props) => {
  const [map, setMap] = createSignal({ scale: 1, x: 0, y: 0 });
  let canvas: HTMLCanvasElement | undefined;
  const bounds = () => boundsOf(props.rects().values());
  createEffect(() => {
    props.theme();
    // Its size goes with that of the panel.
    props.editor.pane();
    const around = bounds();
    if (canvas === undefined || around === null) return;
    const { color, outlineColor } = getComputedStyle(canvas);
    const { nodes } = props.editor.store.graph();
    const inkOf = (type: SceneNode["type"] | undefined) => (type === "group" ? outlineColor : color);
    const marks = [...props.rects()].map(([id, rect]) => [rect, inkOf(nodes.get(id)?.type)] as const);
    setMap(paintMap(canvas, marks, grown(around, 64)));
  });
  const frame = () => {
    const { x, y, width, height } = seenIn(props.editor.view(), props.editor.pane());
    const at = map();
    return { left: x * at.scale + at.x, top: y * at.scale + at.y, width: width * at.scale, height: height * at.scale };
  };
  const go = (event: PointerEvent & { readonly currentTarget: HTMLElement }) => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left - map().x) / map().scale, (event.clientY - box.top - map().y) / map().scale];
    const { scale } = props.editor.view();
    const { width, height } = props.editor.pane();
    props.editor.setView({ scale, x: width / 2 - x * scale, y: height / 2 - y * scale });
  };
  return (
    <Show when={props.rects().size >= least}>
      <div
        class="scene-map"
        data-no-gesture=""
        aria-hidden="true"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          go(event);
        }}
        onPointerMove={(event) => event.buttons !== 0 && go(event)}
        onDblClick={(event) => event.stopPropagation()}
      >
        <canvas ref={(element) => (canvas = element)} />
        <span
          class="scene-map-frame"
          style={{
            translate: `${frame().left}px ${frame().top}px`,
            width: `${frame().width}px`,
            height: `${frame().height}px`,
          }}
        />
      </div>
    </Show>
  );
};
