// Setting a budget: where, by day or month, what is counted, and at which amounts it warns, lets jobs wait or refuses them.
import { createSignal, Show, type Component } from "solid-js";
import type { User } from "#protocol/auth.ts";
import type { CallInput } from "#protocol/contract.ts";
import { neverReached, type Budget } from "#protocol/spend.ts";
import { newKey } from "#protocol/client/key.ts";
import { countedIn, priceUnit, writtenIn } from "#protocol/price.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Segments, Select } from "#web/ui/choice.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { FormFoot } from "#web/ui/form-foot.tsx";
import { NumberField } from "#web/ui/text-field.tsx";
import { thresholdWords } from "./threshold-words.ts";

/** Null: closed; `new`, or the one that is changed. */
export type BudgetTask = "new" | Budget | null;

interface BudgetDialogProps {
  readonly task: BudgetTask;
  /** Whom an administrator may set one for, as far as they are known. */
  readonly users: ReadonlyArray<User>;
  readonly onClose: () => void;
}

export const BudgetDialog: Component<BudgetDialogProps> = (props) => (
  <Dialog
    open={props.task !== null}
    onClose={props.onClose}
    size="s"
    title={props.task === "new" ? "Set a budget" : "Change the budget"}
    description="What is under way counts with its estimate until it has ended, so that jobs at the same time cannot go beyond."
  >
    {/* Keyed: each opening begins with a form of its own. */}
    <Show when={props.task} keyed>
      {(task) => <BudgetForm budget={task === "new" ? null : task} users={props.users} onClose={props.onClose} />}
    </Show>
  </Dialog>
);

const everywhere = "";
const jobs = "";
const mine = "mine";
const everybody = "everybody";
const periods = [
  { value: "day", label: "A day" },
  { value: "month", label: "A month" },
] as const;

const BudgetForm: Component<Omit<BudgetDialogProps, "task"> & { readonly budget: Budget | null }> = (props) => {
  const { client, providers, budgets, user } = useWorkspace();
  const before = props.budget;
  const isAdmin = () => user().role === "admin";
  const paid = () => (providers.list() ?? []).filter(({ account }) => account !== null);
  const [whose, setWhose] = createSignal(before === null || !before.byAdmin ? mine : (before.ownerId ?? everybody));
  const [provider, setProvider] = createSignal(before?.provider ?? everywhere);
  const [period, setPeriod] = createSignal<Budget["period"]>(before?.period ?? "day");
  const typeAt = (id: string) => paid().find((each) => each.id === id)?.account?.creditType ?? null;
  const types = () => [...new Set(paid().flatMap(({ id }) => typeAt(id) ?? []))];
  const [type, setType] = createSignal(before === null ? (types()[0] ?? jobs) : (before.type ?? jobs));
  /** As it was, in what a person writes. */
  const written = (amount: number | null | undefined) => (typeof amount === "number" ? writtenIn(amount, before?.type ?? null) : null);
  const [warnAt, setWarnAt] = createSignal(written(before?.warnAt));
  const [pauseAt, setPauseAt] = createSignal(written(before?.pauseAt));
  const [stopAt, setStopAt] = createSignal(written(before?.stopAt));
  const [problem, setProblem] = createSignal<string | null>(null);
  const [busy, setBusy] = createSignal(false);

  const chooseProvider = (id: string) => {
    setProvider(id);
    // What another provider counts in would never be reached.
    setType((now) => (id === everywhere || now === jobs ? now : (typeAt(id) ?? jobs)));
  };
  /** The one whose place a new one takes. */
  const replaced = () => {
    const ownerId = whose() === mine ? user().id : whose() === everybody ? null : whose();
    const isSame = (budget: Budget) =>
      budget.ownerId === ownerId &&
      budget.byAdmin === (whose() !== mine) &&
      budget.provider === (provider() === everywhere ? null : provider()) &&
      budget.period === period() &&
      budget.type === (type() === jobs ? null : type());
    return before === null ? budgets.list()?.find(isSame) : undefined;
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const amounts = [warnAt(), pauseAt(), stopAt()];
    if (amounts.every((amount) => amount === null) || amounts.some((amount) => amount !== null && amount <= 0)) {
      setProblem("Enter at least one amount, each above zero.");
      return;
    }
    const never = neverReached({ warnAt: warnAt(), pauseAt: pauseAt(), stopAt: stopAt() });
    if (never !== null) {
      setProblem(never.message);
      return;
    }
    const counted = (amount: number | null) => (amount === null ? null : countedIn(amount, type() === jobs ? null : type()));
    const input: CallInput<"spend.setBudget"> = {
      ...(whose() === mine ? {} : { ownerId: whose() === everybody ? null : whose() }),
      provider: provider() === everywhere ? null : provider(),
      period: period(),
      type: type() === jobs ? null : type(),
      warnAt: counted(warnAt()),
      pauseAt: counted(pauseAt()),
      stopAt: counted(stopAt()),
    };
    setBusy(true);
    client.call("spend.setBudget", input, { key: newKey() }).then(
      () => {
        budgets.read();
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
      {/* Whose, where, when and of what it is make it the one that it is. */}
      <Show when={before === null}>
        <Show when={isAdmin()}>
          <Select
            label="Whose"
            value={whose()}
            onChange={setWhose}
            options={[
              { value: mine, label: "Mine" },
              { value: everybody, label: "Everybody's together" },
              ...props.users.map(({ id, username }) => ({ value: id, label: username })),
            ]}
          />
        </Show>
        <Select
          label="Where"
          value={provider()}
          onChange={chooseProvider}
          options={[{ value: everywhere, label: "All providers" }, ...paid().map(({ id, title }) => ({ value: id, label: title }))]}
        />
        <Segments label="Period" value={period()} onChange={setPeriod} options={periods} />
        <Select
          label="Counted in"
          value={type()}
          onChange={setType}
          options={[
            ...types()
              .filter((each) => provider() === everywhere || each === typeAt(provider()))
              .map((each) => ({ value: each, label: priceUnit(each).name })),
            { value: jobs, label: "jobs" },
          ]}
        />
      </Show>
      <Show when={replaced()}>{(there) => <p class="budget-replaced">It takes the place of one that {thresholdWords(there())}.</p>}</Show>
      <Show when={before !== null}>
        <p class="muted">In {type() === jobs ? "jobs" : priceUnit(type()).name}.</p>
      </Show>
      <div class="budget-amounts">
        <NumberField label="Warn at" help="Marked, and told once." min={0} value={warnAt()} onChange={setWarnAt} />
        <NumberField label="Jobs wait at" help="Until the period ends." min={0} value={pauseAt()} onChange={setPauseAt} />
        <NumberField label="Refuse jobs at" help="None is taken in." min={0} value={stopAt()} onChange={setStopAt} />
      </div>
      <FormFoot problem={problem()} busy={busy()} onCancel={props.onClose} />
    </form>
  );
};
