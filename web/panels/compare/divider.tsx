// The line between two videos of which one lies over the other: dragged, or moved by keys.
import { createSignal, type Component } from "solid-js";
import { actAt, type ActsOf, type dividerKeys } from "#web/ui/place-keys.ts";

interface DividerProps {
  /** 0: all of the second; 1: all of the first. */
  readonly at: number;
  readonly onMove: (at: number) => void;
}

/** One press of a key, and one with Shift held. */
const small = 0.01;
const large = 0.1;

export const Divider: Component<DividerProps> = (props) => {
  const [dragged, setDragged] = createSignal(false);
  const move = (to: number) => props.onMove(Math.min(Math.max(to, 0), 1));
  const percent = () => Math.round(props.at * 100);
  return (
    <div
      class="compare-divider"
      role="slider"
      tabIndex={0}
      aria-label="Line between the two videos"
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent()}
      aria-valuetext={`${percent()} % of the first`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragged(true);
      }}
      onPointerMove={(event) => {
        const box = event.currentTarget.parentElement?.getBoundingClientRect();
        if (dragged() && box !== undefined && box.width > 0) {
          move((event.clientX - box.left) / box.width);
        }
      }}
      onPointerUp={() => setDragged(false)}
      onPointerCancel={() => setDragged(false)}
      onKeyDown={(event) => {
        const by = event.shiftKey ? large : small;
        const acts: ActsOf<typeof dividerKeys> = {
          ArrowLeft: () => move(props.at - by),
          ArrowRight: () => move(props.at + by),
          Home: () => move(0),
          End: () => move(1),
        };
        const act = actAt(event, acts);
        if (act !== undefined) {
          act();
          event.preventDefault();
          event.stopPropagation();
        }
      }}
    />
  );
};
