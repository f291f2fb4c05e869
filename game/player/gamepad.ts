// Gamepads press what has the focus and move it, as the keyboard does: nothing else has to know of them. Looked at only while one is there.

/** Of the standard layout. */
const buttons = { press: 0, back: 1, pause: 9, up: 12, down: 13, left: 14, right: 15 } as const;
/** That a stick must be moved, of 1. */
const threshold = 0.6;

type Button = keyof typeof buttons;

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

const send = (key: string): void => {
  (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
};

const keys: Partial<Record<Button, string>> = { up: "ArrowUp", down: "ArrowDown", left: "ArrowLeft", right: "ArrowRight" };

/** Answers what ends it. */
export const followGamepads = ({ pause }: { readonly pause: () => void }): (() => void) => {
  let frame = 0;
  let before: ReadonlySet<Button> = new Set();
  const act = (button: Button): void => {
    const key = keys[button];
    if (key !== undefined) return send(key);
    if (button === "pause") return pause();
    if (button === "back") return document.querySelector<HTMLDialogElement>("dialog[open]")?.close();
    if (document.activeElement instanceof HTMLButtonElement) document.activeElement.click();
    else send(" ");
  };
  const look = (): void => {
    const now = new Set(navigator.getGamepads().flatMap((pad) => (pad === null ? [] : Array.from(pressedIn(pad)))));
    for (const button of now) if (!before.has(button)) act(button);
    before = now;
    frame = navigator.getGamepads().some((pad) => pad !== null) ? requestAnimationFrame(look) : 0;
  };
  const begin = (): void => {
    if (frame === 0) frame = requestAnimationFrame(look);
  };
  addEventListener("gamepadconnected", begin);
  return () => {
    removeEventListener("gamepadconnected", begin);
    cancelAnimationFrame(frame);
  };
};
