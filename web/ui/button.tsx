// Push buttons: with words, or with an icon alone (then the label is required and shown as a tooltip).
import { Show, splitProps, type Component, type JSX } from "solid-js";
import { tip } from "./tooltip.tsx";
import "./button.css";

export type ButtonTone = "primary" | "neutral" | "ghost" | "danger";
/** An icon of lucide-solid, or anything drawn like one. */
export type Icon = Component<{ size?: number | string; class?: string; "aria-hidden"?: boolean | "true" }>;

interface ButtonProps extends JSX.ButtonHTMLAttributes<HTMLButtonElement> {
  readonly tone?: ButtonTone;
  readonly size?: "s" | "m";
  readonly icon?: Icon;
  /** Shows that the work is under way and refuses further presses. */
  readonly busy?: boolean;
}

export const Button: Component<ButtonProps> = (props) => {
  const [own, rest] = splitProps(props, ["tone", "size", "icon", "busy", "class", "children", "disabled"]);
  return (
    <button
      type="button"
      {...rest}
      disabled={own.disabled || own.busy}
      aria-busy={own.busy ? "true" : undefined}
      class={`ui-button ${own.class ?? ""}`}
      data-tone={own.tone ?? "neutral"}
      data-size={own.size ?? "m"}
    >
      <Show
        when={own.busy}
        fallback={
          <Show when={own.icon} keyed>
            {(icon) => icon({ size: 15, "aria-hidden": "true" })}
          </Show>
        }
      >
        <span class="ui-spinner" aria-hidden="true" />
      </Show>
      {own.children}
    </button>
  );
};

interface IconButtonProps extends Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, "children"> {
  /** Says what it does; read aloud and shown on hover and focus. */
  readonly label: string;
  readonly icon: Icon;
  readonly tone?: ButtonTone;
  readonly size?: "s" | "m";
  /** For buttons that stay pressed. */
  readonly pressed?: boolean;
  /** Keys that do the same, for the tooltip: `Ctrl K`. */
  readonly keys?: string;
}

export const IconButton: Component<IconButtonProps> = (props) => {
  const [own, rest] = splitProps(props, ["label", "icon", "tone", "size", "pressed", "keys", "class"]);
  return (
    <button
      type="button"
      {...tip(own.label, own.keys)}
      {...rest}
      class={`ui-button ui-icon-button ${own.class ?? ""}`}
      data-tone={own.tone ?? "ghost"}
      data-size={own.size ?? "m"}
      aria-label={own.label}
      aria-pressed={own.pressed}
    >
      {own.icon({ size: 16, "aria-hidden": "true" })}
    </button>
  );
};
