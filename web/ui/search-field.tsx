// A field for words to look for.
import Search from "lucide-solid/icons/search";
import type { Component } from "solid-js";

interface SearchFieldProps {
  /** Read aloud. */
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onInput: (text: string) => void;
  readonly size?: "s" | "m";
}

export const SearchField: Component<SearchFieldProps> = (props) => (
  <div class="ui-input-icon">
    <Search size={14} aria-hidden="true" />
    <input
      class="ui-input"
      data-size={props.size ?? "m"}
      type="search"
      aria-label={props.label}
      placeholder={props.placeholder}
      value={props.value}
      onInput={(event) => props.onInput(event.currentTarget.value)}
    />
  </div>
);
