// The budgets beside the spend: how much of each is used, at which amounts something happens, and setting them.
import Pencil from "lucide-solid/icons/pencil";
import Plus from "lucide-solid/icons/plus";
import Trash from "lucide-solid/icons/trash";
import { createSignal, createUniqueId, For, Show, type Component } from "solid-js";
import type { User } from "#protocol/auth.ts";
import { budgetLevel, type Budget, type BudgetLevel } from "#protocol/spend.ts";
import { newKey } from "#protocol/client/key.ts";
import { formatAmount, formatPrice } from "#protocol/price.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Badge, Progress, type Tone } from "#web/ui/feedback.tsx";
import { formatCount } from "#web/ui/format.ts";
import { ListProblem } from "#web/ui/list-problem.tsx";
import { toast } from "#web/ui/toast.tsx";
import { BudgetDialog, type BudgetTask } from "./budget-dialog.tsx";
import { thresholdWords } from "./threshold-words.ts";

const looks: Readonly<Record<BudgetLevel, { readonly tone: Tone; readonly label: string }>> = {
  ok: { tone: "ok", label: "Room left" },
  warn: { tone: "warn", label: "Nearly used up" },
  pause: { tone: "warn", label: "Jobs wait" },
  stop: { tone: "bad", label: "Jobs are refused" },
};

/** The amount beyond which it lets nothing go; the warning where it lets everything go. */
export const limitOf = ({ warnAt, pauseAt, stopAt }: Budget): number =>
  Math.min(...[pauseAt, stopAt].flatMap((amount) => amount ?? []), ...(pauseAt === null && stopAt === null ? [warnAt ?? 0] : []));

export const Budgets: Component<{ readonly users: ReadonlyArray<User>; readonly nameOf: (userId: string) => string }> = (props) => {
  const { budgets } = useWorkspace();
  const [task, setTask] = createSignal<BudgetTask>(null);
  const titleId = createUniqueId();
  return (
    <section class="budgets" aria-labelledby={titleId}>
      <header class="budgets-top">
        <h3 id={titleId}>Budgets</h3>
        <Button size="s" icon={Plus} onClick={() => setTask("new")}>
          Set a budget
        </Button>
      </header>
      <ListProblem what="The budgets" problem={budgets.problem()} onRetry={budgets.read} />
      <Show when={budgets.list()?.length === 0}>
        <p class="muted">No budget limits what you spend a day or a month.</p>
      </Show>
      <ul class="budget-list">
        <For each={budgets.list()}>{(budget) => <BudgetRow budget={budget} nameOf={props.nameOf} onChange={() => setTask(budget)} />}</For>
      </ul>
      <BudgetDialog task={task()} users={props.users} onClose={() => setTask(null)} />
    </section>
  );
};

const BudgetRow: Component<{ readonly budget: Budget; readonly nameOf: (userId: string) => string; readonly onChange: () => void }> = (
  props,
) => {
  const { client, budgets, providers, user } = useWorkspace();
  const titleId = createUniqueId();
  const look = () => looks[budgetLevel(props.budget)];
  const where = () => (props.budget.provider === null ? "all providers" : providers.title(props.budget.provider));
  const title = () => {
    const { ownerId, byAdmin, period } = props.budget;
    const others = ownerId !== null && ownerId !== user().id ? `${props.nameOf(ownerId)}, ` : null;
    const whose = ownerId === null ? "Everybody, " : (others ?? (byAdmin ? "Set by an administrator, " : ""));
    const words = `${whose}${where()}, a ${period}`;
    return words.charAt(0).toUpperCase() + words.slice(1);
  };
  const mayChange = () => !props.budget.byAdmin || user().role === "admin";
  const remove = () => {
    const { id } = props.budget;
    client
      .call("spend.removeBudget", { id }, { key: newKey() })
      .then(budgets.read, (error: unknown) => toast("The budget could not be removed", { tone: "bad", detail: sentenceOf(error) }));
  };
  return (
    <li class="budget" aria-labelledby={titleId}>
      <div class="budget-top">
        <strong id={titleId}>{title()}</strong>
        <Badge tone={look().tone}>{look().label}</Badge>
        <Show when={mayChange()}>
          <span class="budget-tools">
            <IconButton size="s" icon={Pencil} label="Change" onClick={() => props.onChange()} />
            <IconButton size="s" icon={Trash} label="Remove" onClick={remove} />
          </span>
        </Show>
      </div>
      <Progress label={`Used of ${title()}`} value={props.budget.used / limitOf(props.budget)} tone={look().tone} />
      <p class="budget-words">
        <span>
          {formatAmount(props.budget.used, props.budget.type)} of{" "}
          {props.budget.type === null ? formatCount(limitOf(props.budget), "job") : formatPrice(limitOf(props.budget), props.budget.type)}
        </span>
        <small>{thresholdWords(props.budget)}</small>
      </p>
    </li>
  );
};
