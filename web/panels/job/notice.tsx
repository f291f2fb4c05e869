// One thing that a person should know of a job, and what they can do about it.
import { Show, type Component, type JSX } from "solid-js";
import type { Icon } from "#web/ui/button.tsx";
import type { Tone } from "#web/ui/feedback.tsx";

interface NoticeProps {
  readonly tone: Tone;
  readonly icon: Icon;
  readonly title: string;
  readonly children?: JSX.Element;
  readonly actions?: JSX.Element;
}

export const Notice: Component<NoticeProps> = (props) => (
  <section class="job-notice" data-tone={props.tone} role={props.tone === "bad" || props.tone === "warn" ? "alert" : "status"}>
    {props.icon({ size: 16, "aria-hidden": "true" })}
    <div>
      <strong>{props.title}</strong>
      <Show when={props.children}>
        <p>{props.children}</p>
      </Show>
      <Show when={props.actions}>
        <div class="job-notice-actions">{props.actions}</div>
      </Show>
    </div>
  </section>
);
