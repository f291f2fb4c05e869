// "Not before" and "Turn": when it is made, and before or after what else of one's own.
import type { Component } from "solid-js";
import { Select } from "#web/ui/choice.tsx";
import { TextField } from "#web/ui/text-field.tsx";
import { allowedPriority, urgenciesFrom, type When } from "./when.ts";

interface WhenProps {
  readonly when: When;
  readonly error: string | undefined;
  /** The most urgent priority that may be asked for; null: not known yet. */
  readonly top: number | null;
  readonly onChange: (when: When) => void;
}

export const WhenView: Component<WhenProps> = (props) => (
  <>
    <TextField
      label="Not before"
      type="datetime-local"
      help="Empty: at once."
      error={props.error}
      value={props.when.notBefore}
      onInput={(notBefore) => props.onChange({ ...props.when, notBefore })}
    />
    <Select
      label="Turn"
      value={String(allowedPriority(props.when, props.top))}
      options={urgenciesFrom(props.top)}
      onChange={(priority) => props.onChange({ ...props.when, priority: Number(priority) })}
    />
  </>
);
