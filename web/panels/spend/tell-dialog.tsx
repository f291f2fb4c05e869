// A submission of which nobody knew whether the provider took it: a person says what it has cost.
import { createSignal, Show, type Component } from "solid-js";
import type { LedgerEntry } from "#protocol/spend.ts";
import { newKey } from "#protocol/client/key.ts";
import { countedIn, formatPrice, priceUnit, writtenIn } from "#protocol/price.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Segments } from "#web/ui/choice.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { FormFoot } from "#web/ui/form-foot.tsx";
import { NumberField } from "#web/ui/text-field.tsx";
import { countedPrice } from "#web/ui/price.ts";
import { toast } from "#web/ui/toast.tsx";

export type Telling = Pick<LedgerEntry, "key" | "accountId" | "accountTitle" | "type" | "estimated" | "charged">;

interface TellProps {
  /** Null: closed. */
  readonly telling: Telling | null;
  readonly onClose: () => void;
  readonly onTold: (entry: LedgerEntry) => void;
}

export const TellDialog: Component<TellProps> = (props) => (
  <Dialog
    open={props.telling !== null}
    onClose={() => props.onClose()}
    size="s"
    title="What became of it?"
    description={`Look it up where ${props.telling?.accountTitle ?? "the account"} is kept, by the time at which it was sent. What is held for it is settled, and budgets count what you say.`}
  >
    <Show when={props.telling} keyed>
      {(telling) => <TellForm telling={telling} onClose={() => props.onClose()} onTold={(entry) => props.onTold(entry)} />}
    </Show>
  </Dialog>
);

const outcomes = [
  { value: "free", label: "Not charged" },
  { value: "charged", label: "Charged" },
] as const;

const TellForm: Component<{ readonly telling: Telling; readonly onClose: () => void; readonly onTold: (entry: LedgerEntry) => void }> = (
  props,
) => {
  const { client, budgets } = useWorkspace();
  const { key, accountId, type, estimated, charged: before } = props.telling;
  const [outcome, setOutcome] = createSignal<"free" | "charged">(before === null || before === 0 ? "free" : "charged");
  const estimate = countedPrice(estimated, type);
  const proposed = before === null || before === 0 ? (estimate === null ? null : estimated) : before;
  const [charged, setCharged] = createSignal<number | null>(proposed === null ? null : writtenIn(proposed, type));
  const [problem, setProblem] = createSignal<string | null>(null);
  const [busy, setBusy] = createSignal(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const written = charged();
    const cost = outcome() === "free" ? 0 : written === null ? null : countedIn(written, type);
    if (cost === null || cost < 0) {
      setProblem("Enter what it has cost, not less than nothing.");
      return;
    }
    setBusy(true);
    client.call("spend.tell", { key, accountId, charged: cost }, { key: newKey() }).then(
      (entry) => {
        budgets.read();
        props.onTold(entry);
        props.onClose();
        toast(cost === 0 ? "Noted as not charged" : `Noted as ${formatPrice(cost, type)} charged`);
      },
      (error: unknown) => {
        setBusy(false);
        setProblem(sentenceOf(error));
      },
    );
  };
  return (
    <form class="ui-form" onSubmit={submit} noValidate>
      <Segments label="What became of it" hideLabel value={outcome()} onChange={setOutcome} options={outcomes} />
      <Show when={outcome() === "charged"}>
        <NumberField
          label={type === null ? "Amount" : `Amount in ${priceUnit(type).name}`}
          help={estimate === null ? "Its price was not told." : `It was estimated at ${estimate}.`}
          min={0}
          value={charged()}
          onChange={setCharged}
        />
      </Show>
      <FormFoot problem={problem()} busy={busy()} onCancel={props.onClose} />
    </form>
  );
};
