// How many clips a story may have made for those who play it: what its generation nodes may cost its owner.
import { createSignal, For, Show, type Component } from "solid-js";
import { PlayBudget } from "#protocol/play.ts";
import { newKey } from "#protocol/client/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { FormProblem } from "#web/ui/form-foot.tsx";
import { formatCount } from "#web/ui/format.ts";
import { NumberField } from "#web/ui/text-field.tsx";

type Draft = { readonly [K in keyof PlayBudget]: number | null };

const fields: ReadonlyArray<{ readonly name: keyof PlayBudget; readonly label: string; readonly help?: string }> = [
  { name: "playthrough", label: "Clips in one playthrough" },
  { name: "playerDay", label: "Clips for one player a day" },
  { name: "storyDay", label: "Clips for all a day" },
  {
    name: "creditsDay",
    label: "Credits a day",
    help: "Of all providers together; a US cent counts as one. 0: nothing is made that an account pays for.",
  },
];

export const PlayBudgetForm: Component<{ readonly sceneId: string }> = (props) => {
  const { client } = useWorkspace();
  const [draft, setDraft] = createSignal<Draft | null>(null);
  const [today, setToday] = createSignal("");
  const [problem, setProblem] = createSignal<string | null>(null);
  const [busy, setBusy] = createSignal(false);
  const failed = (error: unknown) => void setProblem(sentenceOf(error));
  const read = () => {
    if (draft() !== null) return;
    setProblem(null);
    client.call("play.budget", { sceneId: props.sceneId }).then(({ budget, today: { storyDay, creditsDay } }) => {
      setDraft(budget);
      setToday(`Today: ${formatCount(storyDay, "clip")}${creditsDay > 0 ? `, ${formatCount(creditsDay, "credit")}` : ""}.`);
    }, failed);
  };
  const save = () => {
    const budget = PlayBudget.safeParse(draft());
    if (!budget.success) return void setProblem("Give a whole number of clips for each, and credits of 0 or more.");
    setBusy(true);
    setProblem(null);
    client
      .call("play.setBudget", { sceneId: props.sceneId, budget: budget.data }, { key: newKey() })
      .then((answer) => void setDraft(answer.budget), failed)
      .finally(() => setBusy(false));
  };
  return (
    <details onToggle={(event) => event.currentTarget.open && read()}>
      <summary>Clips that are made while it is played</summary>
      <Show when={draft()}>
        {(given) => (
          <div class="ui-form">
            <p class="muted">Generation nodes have them made in your name, whoever plays. Beyond this they do without. {today()}</p>
            <For each={fields}>
              {({ name, label, help }) => (
                <NumberField
                  label={label}
                  help={help}
                  min={0}
                  step={name === "creditsDay" ? 0.1 : 1}
                  value={given()[name]}
                  onChange={(value) => setDraft({ ...given(), [name]: value })}
                />
              )}
            </For>
            <Button busy={busy()} onClick={save}>
              Save
            </Button>
          </div>
        )}
      </Show>
      <FormProblem problem={problem()} />
    </details>
  );
};
