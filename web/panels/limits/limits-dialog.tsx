// Setting the limits of one user: those that are left empty hold as for everybody.
import { createMemo, createSignal, For, Show, type Component } from "solid-js";
import type { Quota } from "#protocol/quota.ts";
import { newKey } from "#protocol/client/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Dialog } from "#web/ui/dialog.tsx";
import { FormFoot } from "#web/ui/form-foot.tsx";
import { NumberField } from "#web/ui/text-field.tsx";
import type { UserQuota } from "./limits.tsx";
import { type LimitName, limitWords } from "./words.ts";

interface LimitsDialogProps {
  /** Null: closed. */
  readonly user: UserQuota | null;
  readonly everybody: Quota["limits"];
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

export const LimitsDialog: Component<LimitsDialogProps> = (props) => {
  /** Stays while the dialog fades. */
  const name = createMemo((before: string) => props.user?.username ?? before, "");
  return (
    <Dialog
      open={props.user !== null}
      onClose={props.onClose}
      size="s"
      title={`Limits of ${name()}`}
      description="Left empty, what holds for everybody holds. What is there already stays."
    >
      {/* Keyed: each opening begins with a form of its own. */}
      <Show when={props.user} keyed>
        {(user) => <LimitsForm user={user} everybody={props.everybody} onClose={props.onClose} onSaved={props.onSaved} />}
      </Show>
    </Dialog>
  );
};

const LimitsForm: Component<Omit<LimitsDialogProps, "user"> & { readonly user: UserQuota }> = (props) => {
  const { client } = useWorkspace();
  const [own, setOwn] = createSignal<Quota["own"]>({ ...props.user.own });
  const [problem, setProblem] = createSignal<string | null>(null);
  const [busy, setBusy] = createSignal(false);
  const put = (name: LimitName, value: number | null) => setOwn((now) => ({ ...now, [name]: value }));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const wrong = limitWords.find(({ name }) => {
      const value = own()[name];
      return value !== null && (value < 0 || (name !== "storage" && !Number.isInteger(value)));
    });
    if (wrong !== undefined) {
      setProblem(`${wrong.field}: enter ${wrong.name === "storage" ? "a number" : "a whole number"} of zero or more, or nothing.`);
      return;
    }
    setBusy(true);
    client.call("quotas.set", { userId: props.user.userId, ...own() }, { key: newKey() }).then(
      () => {
        props.onSaved();
        props.onClose();
      },
      (error: unknown) => {
        setBusy(false);
        setProblem(sentenceOf(error));
      },
    );
  };
  return (
    <form class="ui-form" onSubmit={submit} noValidate>
      <div class="limits-fields">
        <For each={limitWords}>
          {({ name, field, amount }) => (
            <NumberField
              label={field}
              help={`Everybody: ${amount(props.everybody[name])}. Used: ${amount(props.user.used[name])}.`}
              min={0}
              step={name === "storage" ? 0.1 : 1}
              value={own()[name]}
              onChange={(value) => put(name, value)}
            />
          )}
        </For>
      </div>
      <FormFoot problem={problem()} busy={busy()} onCancel={props.onClose} />
    </form>
  );
};
