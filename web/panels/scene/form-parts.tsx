// What the forms of all kinds of nodes have in common.
import type { Component } from "solid-js";
import type { SceneNode } from "#protocol/scene/scene.ts";
import { NumberField } from "#web/ui/text-field.tsx";
import type { FormContext } from "./texts-field.tsx";

export interface FormProps<N extends SceneNode> {
  /** Live: its properties are those of the moment. */
  readonly node: N;
  readonly context: FormContext;
  readonly put: (node: SceneNode) => void;
}

/** Shown in seconds, kept in milliseconds. */
export const Seconds: Component<{
  readonly label: string;
  readonly help?: string;
  /** Null: empty. */
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
}> = (props) => (
  <NumberField
    label={props.label}
    help={props.help}
    min={0}
    step={0.1}
    value={props.value === null ? null : props.value / 1000}
    onChange={(seconds) => props.onChange(seconds === null ? null : Math.round(seconds * 1000))}
  />
);
