// What says how things stand: badge, progress bar, empty and failed states, placeholders while loading.
import { Show, type Component, type JSX } from "solid-js";
import type { Icon } from "./button.tsx";
import "./feedback.css";

export type Tone = "neutral" | "info" | "active" | "ok" | "warn" | "bad";

interface BadgeProps {
  readonly tone?: Tone;
  readonly icon?: Icon | undefined;
  /** A dot that beats slowly, for what is going on right now. */
  readonly live?: boolean;
  readonly children: JSX.Element;
}

export const Badge: Component<BadgeProps> = (props) => (
  <span class="ui-badge" data-tone={props.tone ?? "neutral"}>
    <Show when={props.live}>
      <span class="ui-live-dot" aria-hidden="true" />
    </Show>
    <Show when={props.icon} keyed>
      {(icon) => icon({ size: 12, "aria-hidden": "true" })}
    </Show>
    {props.children}
  </span>
);

interface ProgressProps {
  /** 0 to 1; null: going on, with no measure. */
  readonly value: number | null;
  readonly label: string;
  readonly tone?: Tone;
}

export const Progress: Component<ProgressProps> = (props) => {
  const percent = () => (props.value === null ? null : Math.round(Math.min(Math.max(props.value, 0), 1) * 100));
  return (
    <div
      class="ui-progress"
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent() ?? undefined}
      data-tone={props.tone ?? "active"}
      data-unknown={props.value === null ? "" : undefined}
    >
      <div style={{ scale: props.value === null ? undefined : `${Math.min(Math.max(props.value, 0), 1)} 1` }} />
    </div>
  );
};

interface EmptyStateProps {
  readonly icon?: Icon | undefined;
  readonly title: string;
  readonly children?: JSX.Element;
  /** Buttons that lead on. */
  readonly actions?: JSX.Element;
  /** `bad`: something failed; announced at once. */
  readonly tone?: "neutral" | "bad";
}

/** Fills a panel that has nothing to show: what would stand here and how to get it, or what failed and what to do. */
export const EmptyState: Component<EmptyStateProps> = (props) => (
  <div class="ui-empty" data-tone={props.tone ?? "neutral"} role={props.tone === "bad" ? "alert" : undefined}>
    <Show when={props.icon} keyed>
      {(icon) => <span class="ui-empty-icon">{icon({ size: 22, "aria-hidden": "true" })}</span>}
    </Show>
    <h3>{props.title}</h3>
    <Show when={props.children}>
      <div class="ui-empty-text">{props.children}</div>
    </Show>
    <Show when={props.actions}>
      <div class="ui-empty-actions">{props.actions}</div>
    </Show>
  </div>
);

/** Stands in the place of what is on its way; give it the size of that with a class. */
export const Skeleton: Component<{ readonly class?: string }> = (props) => (
  <div class={`ui-skeleton ${props.class ?? ""}`} aria-hidden="true" />
);
