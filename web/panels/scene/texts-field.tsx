// A text of a scene in the language that is shown, and what all forms of the inspector are given.
import type { Accessor, Component } from "solid-js";
import { sceneLimits } from "#protocol/scene/limits.ts";
import type { Texts } from "#protocol/scene/value.ts";
import { TextField } from "#web/ui/text-field.tsx";
import type { Editor } from "./editor.ts";
import type { Known } from "./rule-defaults.ts";

export interface FormContext {
  readonly editor: Editor;
  readonly known: Accessor<Known>;
  /** Of the texts that are shown. */
  readonly language: Accessor<string>;
}

/** A text in the language that is shown; empty: it is not there in that language. */
export const TextsField: Component<{
  readonly label: string;
  readonly texts: Texts;
  readonly language: string;
  readonly multiline?: boolean;
  readonly onChange: (texts: Texts) => void;
}> = (props) => (
  <TextField
    label={props.label}
    multiline={props.multiline === true}
    value={props.texts[props.language] ?? ""}
    maxLength={sceneLimits.text}
    placeholder={Object.entries(props.texts).find(([language]) => language !== props.language)?.[1]}
    onInput={(text) => {
      const { [props.language]: _, ...others } = props.texts;
      props.onChange(text === "" ? others : { ...others, [props.language]: text });
    }}
  />
);
