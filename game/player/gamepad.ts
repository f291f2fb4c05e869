// Gamepads press what has the focus and move it, as the keyboard does: nothing else has to know of them. Looked at only while one is there.

/** Of the standard layout. */
const buttons = { press: 0, back: 1, previous: 4, next: 5, pause: 9, up: 12, down: 13, left: 14, right: 15 } as const;
/** That a stick must be moved, of 1. */
const threshold = 0.6;

type Button = keyof typeof buttons;

/** None where the page may not know of any: in a frame, or served without a secure connection. */
const gamepads = (): ReadonlyArray<Gamepad> => {
  try {
    return navigator.getGamepads().filter((pad) => pad !== null);
  } catch {
    return [];
  }
};

const pressedIn = ({ buttons: states, axes }: Gamepad): ReadonlySet<Button> => {
  const pressed = new Set<Button>();
  for (const [name, index] of Object.entries(buttons)) if (states[index]?.pressed === true) pressed.add(name as Button);
  const [x = 0, y = 0] = axes;
  if (x < -threshold) pressed.add("left");
  if (x > threshold) pressed.add("right");
  if (y < -threshold) pressed.add("up");
  if (y > threshold) pressed.add("down");
  return pressed;
};

/** Whether something has taken it. */
const send = (key: string): boolean =>
  !(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

const openDialog = (): HTMLDialogElement | null => document.querySelector<HTMLDialogElement>("dialog[open]");

/** To the next or the one before, of all that can be used: what is not shown takes no focus. */
const moveFocus = (by: 1 | -1): void => {
  const all = [
    ...(openDialog() ?? document).querySelectorAll<HTMLElement>(
      "button:not(:disabled), input:not(:disabled), select:not(:disabled), a[href]",
    ),
  ].filter((one) => one.checkVisibility({ visibilityProperty: true }));
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[at === -1 ? (by === 1 ? 0 : all.length - 1) : (at + by + all.length) % all.length]?.focus();
};

/** Changes a slider or a list that has the focus; whether there is one. Browsers do that for keys of people only. */
const adjust = (by: 1 | -1): boolean => {
  const field = document.activeElement;
  if (field instanceof HTMLInputElement && field.type === "range") {
    field.value = String(Number(field.value) + by * Number(field.step));
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }
  if (!(field instanceof HTMLSelectElement)) return false;
  const to = Math.min(Math.max(field.selectedIndex + by, 0), field.options.length - 1);
  if (to !== field.selectedIndex) {
    field.selectedIndex = to;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  return true;
};

const arrows = {
  up: ["ArrowUp", -1],
  down: ["ArrowDown", 1],
  left: ["ArrowLeft", -1],
  right: ["ArrowRight", 1],
} as const satisfies Partial<Record<Button, readonly [key: string, by: 1 | -1]>>;

const act = (button: Button, pause: () => void): void => {
  switch (button) {
    case "up":
    case "down":
    case "left":
    case "right": {
      const [key, by] = arrows[button];
      const isAcross = button === "left" || button === "right";
      if (!send(key) && !(isAcross && adjust(by))) moveFocus(by);
      return;
    }
    case "previous":
      return moveFocus(-1);
    case "next":
      return moveFocus(1);
    case "pause":
      // What lies over the picture has stopped it.
      return openDialog() === null ? pause() : undefined;
    case "back":
      return openDialog()?.close();
    case "press": {
      const field = document.activeElement;
      if (
        field instanceof HTMLButtonElement ||
        field instanceof HTMLAnchorElement ||
        (field instanceof HTMLInputElement && field.type === "checkbox")
      )
        field.click();
      else send(" ");
    }
  }
};

/** Answers what ends it. */
export const followGamepads = ({ pause }: { readonly pause: () => void }): (() => void) => {
  let frame = 0;
  let before: ReadonlySet<Button> = new Set();
  const look = (): void => {
    const pads = gamepads();
    const now = new Set(pads.flatMap((pad) => [...pressedIn(pad)]));
    for (const button of now) if (!before.has(button)) act(button, pause);
    before = now;
    frame = pads.length > 0 ? requestAnimationFrame(look) : 0;
  };
  const begin = (): void => {
    if (frame === 0) frame = requestAnimationFrame(look);
  };
  addEventListener("gamepadconnected", begin);
  // One that was used before, on this page or the one it was before a reload, is not told of again.
  if (gamepads().length > 0) begin();
  return () => {
    removeEventListener("gamepadconnected", begin);
    cancelAnimationFrame(frame);
  };
};
