// Adding an account and changing one: the form is drawn from what the provider says it needs. Credentials stand in this form alone, until it
// is closed or the server has taken them.
import { batch, createMemo, createSignal, For, Show, type Component } from "solid-js";
import type { Account } from "#protocol/account.ts";
import type { AccountForm, ProviderSpec } from "#protocol/job.ts";
import { FieldView } from "#web/panels/generate/field-view.tsx";
import type { FieldErrors, FormField } from "#web/panels/generate/schema.ts";
import { newKey } from "#protocol/client/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Select, Slider, Switch } from "#web/ui/choice.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { FormFoot } from "#web/ui/form-foot.tsx";
import { NumberField, TextField } from "#web/ui/text-field.tsx";
import { toast } from "#web/ui/toast.tsx";
import {
  checkDraft,
  draftOf,
  fieldsOf,
  mostADay,
  mostPlaces,
  newDraft,
  placeRefusal,
  toAdd,
  toUpdate,
  type AccountDraft,
} from "./account-form.ts";

/** A provider that is used with accounts. */
export type AccountProvider = ProviderSpec & { readonly account: AccountForm };
export const needsAccount = (provider: ProviderSpec): provider is AccountProvider => provider.account !== null;

export type AccountTask = { readonly kind: "add"; readonly provider: string } | { readonly kind: "edit"; readonly account: Account };

interface AccountDialogProps {
  /** Null: closed. */
  readonly task: AccountTask | null;
  /** Those that take accounts. */
  readonly providers: ReadonlyArray<AccountProvider>;
  readonly onClose: () => void;
}

export const AccountDialog: Component<AccountDialogProps> = (props) => (
  <Dialog
    open={props.task !== null}
    onClose={props.onClose}
    title={props.task?.kind === "edit" ? `Edit “${props.task.account.title}”` : "Add an account"}
  >
    {/* Keyed: each opening begins with a form of its own. */}
    <Show when={props.task} keyed>
      {(task) => (task.kind === "add" ? <AddForm {...props} first={task.provider} /> : <EditForm {...props} account={task.account} />)}
    </Show>
  </Dialog>
);

const AddForm: Component<AccountDialogProps & { readonly first: string }> = (props) => {
  const [chosen, setChosen] = createSignal(props.first);
  const provider = createMemo(() => props.providers.find(({ id }) => id === chosen()) ?? props.providers[0]);
  return (
    <div class="account-dialog">
      <Show when={props.providers.length > 1}>
        <Select
          label="Provider"
          value={provider()?.id ?? ""}
          onChange={setChosen}
          options={props.providers.map(({ id, title }) => ({ value: id, label: title }))}
        />
      </Show>
      <Show when={provider()} keyed>
        {(now) => <FormOf provider={now} account={null} onClose={props.onClose} />}
      </Show>
    </div>
  );
};

const EditForm: Component<AccountDialogProps & { readonly account: Account }> = (props) => (
  <div class="account-dialog">
    <Show
      when={props.providers.find(({ id }) => id === props.account.provider)}
      fallback={<p class="muted">Its provider is not offered by this server any more.</p>}
    >
      {(provider) => <FormOf provider={provider()} account={props.account} onClose={props.onClose} />}
    </Show>
  </div>
);

interface FormProps {
  readonly provider: AccountProvider;
  /** Null: a new one. */
  readonly account: Account | null;
  readonly onClose: () => void;
}

const needsAttention = "Some fields need your attention.";

const FormOf: Component<FormProps> = (props) => {
  const { client, accounts, user } = useWorkspace();
  const spec = props.provider.account;
  const before = props.account;
  const fields = fieldsOf(spec);
  const taken = new Set((accounts.list() ?? []).map(({ title }) => title));
  const [draft, setDraft] = createSignal<AccountDraft>(before === null ? newDraft(props.provider, spec, taken) : draftOf(before, spec));
  const [errors, setErrors] = createSignal<FieldErrors>({});
  const [problems, setProblems] = createSignal<ReadonlyArray<string>>([]);
  const [replacing, setReplacing] = createSignal(before === null);
  const [busy, setBusy] = createSignal(false);
  let root: HTMLFormElement | undefined;

  const change = (part: Partial<AccountDraft>, at: string) =>
    batch(() => {
      setDraft((now) => ({ ...now, ...part }));
      setErrors(({ [at]: _, ...others }) => others);
    });
  const say = (at: FieldErrors, rest: ReadonlyArray<string>) => {
    setErrors(at);
    setProblems(rest.length > 0 ? rest : [needsAttention]);
    queueMicrotask(() => root?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
  };

  const send = async (): Promise<Account | null> => {
    if (before === null) {
      return client.call("accounts.add", toAdd(props.provider.id, fields, draft()), { key: newKey() });
    }
    const update = toUpdate(before, fields, draft(), replacing());
    return update === null ? null : client.call("accounts.update", update, { key: newKey() });
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (busy()) {
      return;
    }
    const wrong = checkDraft(fields, draft(), replacing());
    if (Object.keys(wrong).length > 0) {
      say(wrong, []);
      return;
    }
    setBusy(true);
    setProblems([]);
    send().then(
      (account) => {
        if (account !== null) {
          accounts.put(account);
          toast(before === null ? `“${account.title}” is added` : `“${account.title}” is changed`, {
            tone: "ok",
            detail: account.state === "reauthenticating" ? "It is being checked." : undefined,
          });
        }
        setDraft((now) => ({ ...now, secrets: {} }));
        props.onClose();
      },
      (error: unknown) => {
        setBusy(false);
        const placed = placeRefusal(error, fields);
        const isPlaced = Object.keys(placed.errors).length + placed.rest.length > 0;
        say(placed.errors, isPlaced ? placed.rest : [sentenceOf(error)]);
      },
    );
  };

  return (
    <form class="account-form-fields" ref={(element) => (root = element)} onSubmit={submit} noValidate autocomplete="off">
      <Show when={before === null}>
        <p class="account-help">{spec.help}</p>
      </Show>
      <TextField
        label="Name"
        help="How you tell it from others."
        required
        value={draft().title}
        error={errors()["title"]}
        onInput={(title) => change({ title }, "title")}
      />
      <Show when={fields.secrets.length > 0}>
        <Show when={before !== null}>
          <Switch
            label="Replace the credentials"
            help="They are kept encrypted and cannot be shown. New ones take the place of all old ones."
            checked={replacing()}
            onChange={(on) =>
              batch(() => {
                setReplacing(on);
                setDraft((now) => ({ ...now, secrets: {} }));
              })
            }
          />
        </Show>
        <Show when={replacing()}>
          <Show when={before !== null}>
            <p class="account-help">{spec.help}</p>
          </Show>
          <For each={fields.secrets}>
            {(field) => (
              <SecretField
                field={field}
                value={String(draft().secrets[field.key] ?? "")}
                error={errors()[`secrets.${field.key}`]}
                onInput={(value) => change({ secrets: { ...draft().secrets, [field.key]: value } }, `secrets.${field.key}`)}
              />
            )}
          </For>
        </Show>
      </Show>
      <For each={fields.settings}>
        {(field) => (
          <FieldView
            field={field}
            value={draft().settings[field.key]}
            error={errors()[`settings.${field.key}`]}
            onChange={(value) => change({ settings: { ...draft().settings, [field.key]: value } }, `settings.${field.key}`)}
          />
        )}
      </For>
      <div class="account-pair">
        <NumberField
          label="Places"
          help="Jobs there at the same time."
          required
          min={1}
          max={mostPlaces}
          step={1}
          value={draft().concurrency}
          error={errors()["concurrency"]}
          onChange={(concurrency) => change({ concurrency }, "concurrency")}
        />
        <NumberField
          label="Limit a day"
          help="Empty: no limit."
          min={1}
          max={mostADay}
          step={1}
          value={draft().dailyLimit}
          error={errors()["dailyLimit"]}
          onChange={(dailyLimit) => change({ dailyLimit }, "dailyLimit")}
        />
      </div>
      <Slider
        label="Priority"
        help="Of several accounts the higher one is used first."
        min={0}
        max={9}
        step={1}
        value={draft().priority}
        onChange={(priority) => change({ priority }, "priority")}
      />
      <Show when={user().role === "admin" || draft().shared}>
        <Switch
          label="Shared with everybody"
          help="All users' jobs may be made there, at its cost."
          checked={draft().shared}
          onChange={(shared) => change({ shared }, "shared")}
        />
      </Show>
      <FormFoot problem={problems()} busy={busy()} save={before === null ? "Add the account" : undefined} onCancel={props.onClose} />
    </form>
  );
};

interface SecretFieldProps {
  readonly field: FormField;
  readonly value: string;
  readonly error: string | undefined;
  readonly onInput: (value: string) => void;
}

/** Never shown, never proposed to be remembered. */
const SecretField: Component<SecretFieldProps> = (props) => (
  <TextField
    label={props.field.title}
    help={props.field.help}
    error={props.error}
    required={props.field.required}
    type="password"
    autocomplete="off"
    value={props.value}
    onInput={props.onInput}
  />
);
