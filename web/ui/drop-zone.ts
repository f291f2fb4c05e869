// A place onto which assets or files can be dropped: it knows when something it takes is held over it.
import { createSignal, type Accessor, type JSX } from "solid-js";
import { dragCarries } from "#web/store/drag.ts";

type Carries = NonNullable<ReturnType<typeof dragCarries>>;

interface DropZone {
  readonly over: Accessor<boolean>;
  /** Attributes of the element. */
  readonly zone: Pick<JSX.CustomEventHandlersCamelCase<HTMLElement>, "onDragOver" | "onDragLeave" | "onDrop">;
}

/** A drop that another zone inside this one has taken is left alone. */
export const createDropZone = (takes: ReadonlyArray<Carries>, onDrop: (event: DragEvent, carries: Carries) => void): DropZone => {
  const [over, setOver] = createSignal(false);
  const carried = (event: DragEvent): Carries | null => {
    const carries = dragCarries(event);
    return carries !== null && takes.includes(carries) ? carries : null;
  };
  return {
    over,
    zone: {
      onDragOver: (event) => {
        if (carried(event) !== null) {
          event.preventDefault();
          setOver(true);
        }
      },
      onDragLeave: (event) => {
        if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))) {
          setOver(false);
        }
      },
      onDrop: (event) => {
        setOver(false);
        const carries = event.defaultPrevented ? null : carried(event);
        if (carries !== null) {
          event.preventDefault();
          onDrop(event, carries);
        }
      },
    },
  };
};
