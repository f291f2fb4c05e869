// The Providers & accounts panel: every provider with the accounts it can be used by, how each stands, and what can be done with it.
import CircleCheck from "lucide-solid/icons/circle-check";
import KeyRound from "lucide-solid/icons/key-round";
import Plus from "lucide-solid/icons/plus";
import { createEffect, createMemo, createSignal, createUniqueId, For, Match, on, Show, Switch, type Component } from "solid-js";
import type { Account } from "#protocol/account.ts";
import type { ProviderSpec } from "#protocol/job.ts";
import { provideCommands } from "#web/app/commands.ts";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { FailedState } from "#web/ui/failed-state.tsx";
import { Badge, EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { formatCount } from "#web/ui/format.ts";
import { ListProblem } from "#web/ui/list-problem.tsx";
import { AccountCard } from "./account-card.tsx";
import { AccountDialog, needsAccount, type AccountTask } from "./account-dialog.tsx";
import { PauseButtons, PauseNotes } from "./pause-control.tsx";
import { RemoveDialog } from "./remove-dialog.tsx";
import "./accounts.css";

const AccountsPanel: Component<PanelProps<"accounts">> = (props) => {
  const { providers, accounts, pauses } = useWorkspace();
  providers.ensure();
  const [task, setTask] = createSignal<AccountTask | null>(null);
  const [removing, setRemoving] = createSignal<Account | null>(null);
  const withAccounts = createMemo(() => (providers.list() ?? []).filter(needsAccount));
  /** Accounts of a provider that is not offered any more are shown all the same: they hold credentials. */
  const strays = createMemo(() => {
    const known = new Set(providers.list()?.map(({ id }) => id));
    return (accounts.list() ?? []).filter(({ provider }) => !known.has(provider));
  });
  const add = (provider: string) => setTask({ kind: "add", provider });
  const retry = () => {
    providers.ensure();
    if (accounts.problem() !== null) {
      accounts.retry();
    }
  };
  const first = () => withAccounts()[0];
  provideCommands(() => {
    const provider = first();
    return provider === undefined
      ? []
      : [
          {
            id: "accounts.add",
            title: "Add an account at a provider",
            group: "Accounts",
            icon: Plus,
            words: "key credentials connect",
            run: () => {
              openPanel("accounts", {});
              add(provider.id);
            },
          },
        ];
  });

  let root: HTMLDivElement | undefined;
  // Opened for one provider: that one comes into view, once it is there.
  const known = createMemo(() => accounts.list() !== undefined);
  createEffect(
    on([() => props.params, providers.list, known], ([{ provider }]) => {
      if (provider !== undefined) {
        root?.querySelector(`[data-provider="${CSS.escape(provider)}"]`)?.scrollIntoView({ block: "start" });
      }
    }),
  );

  return (
    <div class="accounts panel-scroll" ref={(element) => (root = element)}>
      <Switch>
        <Match when={providers.problem() ?? accounts.problem()}>
          {(problem) => <FailedState title="The accounts could not be read" problem={problem()} onRetry={retry} />}
        </Match>
        <Match when={providers.list() === undefined || accounts.list() === undefined}>
          <div class="accounts-loading" aria-busy="true" aria-label="Loading the accounts">
            <Skeleton class="accounts-skeleton" />
            <Skeleton class="accounts-skeleton" />
          </div>
        </Match>
        <Match when={true}>
          <header class="accounts-top">
            <span class="muted">{pauses.any() ? "What is paused waits." : "Jobs are sent as places become free."}</span>
            <PauseButtons provider={null} title="everything" />
          </header>
          <ListProblem what="What is paused" problem={pauses.problem()} onRetry={pauses.retry} />
          <PauseNotes provider={null} title="everything" />
          <Show when={accounts.list()?.length === 0 ? first() : undefined}>
            {(provider) => (
              <div class="accounts-empty">
                <EmptyState
                  icon={KeyRound}
                  title="No accounts yet"
                  actions={
                    <Button tone="primary" icon={Plus} onClick={() => add(provider().id)}>
                      Add an account
                    </Button>
                  }
                >
                  Videos of other providers are made on your own accounts there. Add one or several: PixSim keeps their credentials
                  encrypted, spreads the jobs over them, and never pays twice.
                </EmptyState>
              </div>
            )}
          </Show>
          <For each={providers.list()}>
            {(provider) => (
              <ProviderSection
                provider={provider}
                onAdd={() => add(provider.id)}
                onEdit={(account) => setTask({ kind: "edit", account })}
                onRemove={setRemoving}
              />
            )}
          </For>
          <Show when={strays().length > 0}>
            <section class="provider" aria-label="Accounts of other providers">
              <header class="provider-top">
                <h3>No longer offered</h3>
              </header>
              <p class="provider-about">This server does not offer their providers any more.</p>
              <Cards accounts={strays()} onEdit={(account) => setTask({ kind: "edit", account })} onRemove={setRemoving} />
            </section>
          </Show>
        </Match>
      </Switch>
      <AccountDialog task={task()} providers={withAccounts()} onClose={() => setTask(null)} />
      <RemoveDialog account={removing()} onClose={() => setRemoving(null)} />
    </div>
  );
};

export default AccountsPanel;

interface CardsProps {
  readonly accounts: ReadonlyArray<Account>;
  readonly onEdit: (account: Account) => void;
  readonly onRemove: (account: Account) => void;
}

/** By id, so that a card stays the same element, with its focus, while its account changes. */
const Cards: Component<CardsProps> = (props) => {
  const { accounts } = useWorkspace();
  const ids = createMemo(() => props.accounts.map(({ id }) => id));
  return (
    <ul class="account-cards">
      <For each={ids()}>
        {(id) => (
          <Show when={accounts.row(id)}>
            {(account) => (
              <li>
                <AccountCard account={account()} onEdit={() => props.onEdit(account())} onRemove={() => props.onRemove(account())} />
              </li>
            )}
          </Show>
        )}
      </For>
    </ul>
  );
};

interface SectionProps extends Omit<CardsProps, "accounts"> {
  readonly provider: ProviderSpec;
  readonly onAdd: () => void;
}

const ProviderSection: Component<SectionProps> = (props) => {
  const { accounts } = useWorkspace();
  const titleId = createUniqueId();
  const own = createMemo(() => (accounts.list() ?? []).filter(({ provider }) => provider === props.provider.id));
  return (
    <section class="provider" aria-labelledby={titleId} data-provider={props.provider.id}>
      <header class="provider-top">
        <h3 id={titleId}>{props.provider.title}</h3>
        <Show
          when={needsAccount(props.provider)}
          fallback={
            <Badge tone="ok" icon={CircleCheck}>
              Ready, needs no account
            </Badge>
          }
        >
          <span class="muted">{own().length === 0 ? "no account" : formatCount(own().length, "account")}</span>
        </Show>
        <div class="provider-tools">
          <PauseButtons provider={props.provider.id} title={props.provider.title} />
          <Show when={needsAccount(props.provider)}>
            <Button size="s" icon={Plus} onClick={() => props.onAdd()} aria-label={`Add account at ${props.provider.title}`}>
              Add account
            </Button>
          </Show>
        </div>
      </header>
      <PauseNotes provider={props.provider.id} title={props.provider.title} />
      <p class="provider-about">{props.provider.summary}</p>
      <Show when={own().length > 0}>
        <Cards accounts={own()} onEdit={props.onEdit} onRemove={props.onRemove} />
      </Show>
    </section>
  );
};
