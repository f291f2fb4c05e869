// How a state looks wherever it is shown: its word, its tone and its icon.
import type { Component } from "solid-js";
import type { Icon } from "./button.tsx";
import { Badge, type Tone } from "./feedback.tsx";

export interface StateLook {
  readonly label: string;
  readonly tone: Tone;
  readonly icon: Icon;
  /** Something is being done right now: the badge moves instead of showing the icon. */
  readonly live: boolean;
}

export const StateBadge: Component<{ readonly look: StateLook }> = (props) => (
  <Badge tone={props.look.tone} live={props.look.live} icon={props.look.live ? undefined : props.look.icon}>
    {props.look.label}
  </Badge>
);
