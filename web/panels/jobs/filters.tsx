// The bar that narrows the list of jobs: by group of states with counts, by operation, by words.
import { createMemo, createSignal, For, Show, type Accessor, type Component } from "solid-js";
import { Operation } from "#protocol/job.ts";
import { debounced } from "#web/store/debounced.ts";
import type { JobCounts, JobsFilter } from "#web/store/jobs.ts";
import { Select } from "#web/ui/choice.tsx";
import { operationLabels } from "#web/ui/job-state.tsx";
import { SearchField } from "#web/ui/search-field.tsx";
import { countOf, groupLabels, jobGroups, statesOf, type JobGroup } from "./groups.ts";

/** Typing rests this long before it is searched for, ms. */
const searchAfterMs = 250;

export interface Filters {
  readonly filter: Accessor<JobsFilter>;
  readonly isFiltered: () => boolean;
  readonly group: Accessor<JobGroup>;
  readonly setGroup: (group: JobGroup) => void;
  readonly operation: Accessor<Operation | "any">;
  readonly setOperation: (operation: Operation | "any") => void;
  readonly typed: Accessor<string>;
  readonly setTyped: (text: string) => void;
  readonly clear: () => void;
}

export const createFilters = (): Filters => {
  const [group, setGroup] = createSignal<JobGroup>("all");
  const [operation, setOperation] = createSignal<Operation | "any">("any");
  const [typed, setTyped] = createSignal("");
  const search = debounced(typed, searchAfterMs);
  const filter = createMemo((): JobsFilter => {
    const chosen = operation();
    return { states: statesOf(group()), operation: chosen === "any" ? null : chosen, search: search() };
  });
  return {
    filter,
    isFiltered: () => group() !== "all" || operation() !== "any" || search().trim() !== "",
    group,
    setGroup,
    operation,
    setOperation,
    typed,
    setTyped,
    clear: () => {
      setGroup("all");
      setOperation("any");
      setTyped("");
    },
  };
};

interface FilterBarProps {
  readonly filters: Filters;
  /** Null while they are not known. */
  readonly counts: JobCounts | null;
}

export const FilterBar: Component<FilterBarProps> = (props) => (
  <div class="panel-bar jobs-filters">
    <div class="filter-groups" role="group" aria-label="Jobs by state">
      <For each={jobGroups}>
        {(each) => (
          <button type="button" aria-pressed={props.filters.group() === each} onClick={() => props.filters.setGroup(each)}>
            {groupLabels[each]}
            <Show when={props.counts}>{(counts) => <span class="filter-count">{countOf(each, counts()).toLocaleString("en")}</span>}</Show>
          </button>
        )}
      </For>
    </div>
    <div class="jobs-find">
      <Select
        label="Operation"
        hideLabel
        size="s"
        value={props.filters.operation()}
        onChange={props.filters.setOperation}
        options={[
          { value: "any", label: "Any operation" },
          ...Operation.options.map((value) => ({ value, label: operationLabels[value] })),
        ]}
      />
      <SearchField
        size="s"
        label="Search jobs by prompt or name"
        placeholder="Search prompts"
        value={props.filters.typed()}
        onInput={props.filters.setTyped}
      />
    </div>
  </div>
);
