// One account: how it stands and why, what it is doing, what it has left, and what can be done with it.
import CircleAlert from "lucide-solid/icons/circle-alert";
import CirclePause from "lucide-solid/icons/circle-pause";
import CirclePlay from "lucide-solid/icons/circle-play";
import Pencil from "lucide-solid/icons/pencil";
import PlugZap from "lucide-solid/icons/plug-zap";
import Trash from "lucide-solid/icons/trash";
import { createSignal, createUniqueId, Show, type Component, type JSX } from "solid-js";
import type { Account } from "#protocol/account.ts";
import { formatAmount, formatPrice } from "#protocol/price.ts";
import { useNow } from "#web/store/now.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { accountStateLooks, AccountStateBadge } from "#web/ui/account-state.tsx";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Badge, Progress } from "#web/ui/feedback.tsx";
import { formatClock, formatFull, formatMoment, formatSpan } from "#web/ui/format.ts";
import { CreditsLine } from "./sparkline.tsx";
import { pauseAccount, testAccount } from "./actions.ts";

interface CardProps {
  readonly account: Account;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

export const AccountCard: Component<CardProps> = (props) => {
  const workspace = useWorkspace();
  const titleId = createUniqueId();
  const [busy, setBusy] = createSignal<"pause" | "test" | null>(null);
  const mayChange = () => props.account.ownerId === workspace.user().id || workspace.user().role === "admin";
  /** The provider counts in something. */
  const charges = () => (workspace.providers.list()?.find(({ id }) => id === props.account.provider)?.account?.creditType ?? null) !== null;
  const paused = () => props.account.state === "disabled";
  const run = (what: "pause" | "test", work: Promise<void>) => {
    setBusy(what);
    void work.finally(() => setBusy(null));
  };
  return (
    <article class="account" aria-labelledby={titleId} data-state={props.account.state}>
      <header class="account-top">
        <h4 id={titleId} class="truncate" title={props.account.title}>
          {props.account.title}
        </h4>
        <AccountStateBadge state={props.account.state} />
        <Show when={props.account.shared}>
          <Badge>Shared</Badge>
        </Show>
      </header>

      {/* That all places are taken the badge says already. */}
      <Show when={props.account.state === "saturated" ? null : props.account.reason}>
        {(reason) => (
          <p class="account-reason" data-tone={accountStateLooks[props.account.state].tone}>
            {reason()}
            <Show when={props.account.state === "coolingDown" ? props.account.cooldownUntil : null}>
              {(until) => <Countdown until={until()} />}
            </Show>
          </p>
        )}
      </Show>

      <dl class="account-facts">
        <PlacesFact account={props.account} />
        <Show when={props.account.credits !== null || charges()}>
          <CreditsFact account={props.account} />
        </Show>
        <Fact
          name="Today"
          value={props.account.dailyLimit === null ? props.account.usedToday : `${props.account.usedToday} of ${props.account.dailyLimit}`}
          note={props.account.dailyLimit === null ? "no limit a day" : "by UTC day"}
        />
        <Fact
          name="Completed"
          value={props.account.completed.toLocaleString("en")}
          note={`${props.account.failed.toLocaleString("en")} failed${props.account.streak > 1 ? `, the last ${props.account.streak} in a row` : ""}`}
        />
        <Fact
          name="On average"
          value={props.account.averageMs === null ? "–" : formatSpan(props.account.averageMs)}
          note={
            props.account.lastUsedAt === null ? (
              "not used yet"
            ) : (
              <span title={formatFull(props.account.lastUsedAt)}>last used {formatMoment(props.account.lastUsedAt, Date.now())}</span>
            )
          }
        />
      </dl>

      {/* Where it is the reason of the state it stands above already. */}
      <Show when={props.account.failure?.message === props.account.reason ? null : props.account.failure}>
        {(failure) => (
          <p class="account-failure">
            <CircleAlert size={13} aria-hidden="true" />
            <span>
              <time dateTime={new Date(failure().at).toISOString()} title={formatFull(failure().at)}>
                {formatMoment(failure().at, Date.now())}
              </time>
              {" · "}
              {failure().message}
            </span>
          </p>
        )}
      </Show>

      <Show when={mayChange()} fallback={<p class="account-note">Shared with you: its owner looks after it.</p>}>
        <footer class="account-actions">
          <Button
            size="s"
            icon={paused() ? CirclePlay : CirclePause}
            busy={busy() === "pause"}
            onClick={() => run("pause", pauseAccount(workspace, props.account, !paused()))}
          >
            {paused() ? "Resume" : "Pause"}
          </Button>
          <Button
            size="s"
            icon={PlugZap}
            busy={busy() === "test" || props.account.state === "reauthenticating"}
            onClick={() => run("test", testAccount(workspace, props.account))}
          >
            Test
          </Button>
          <Button size="s" icon={Pencil} onClick={() => props.onEdit()}>
            Edit
          </Button>
          <IconButton size="s" label={`Remove ${props.account.title}`} icon={Trash} onClick={() => props.onRemove()} />
        </footer>
      </Show>
    </article>
  );
};

interface FactProps {
  readonly name: string;
  readonly value: JSX.Element;
  readonly note?: JSX.Element;
  readonly children?: JSX.Element;
}

const Fact: Component<FactProps> = (props) => (
  <div>
    <dt>{props.name}</dt>
    <dd>
      <strong>{props.value}</strong>
      {props.children}
      <Show when={props.note}>
        <small>{props.note}</small>
      </Show>
    </dd>
  </div>
);

const PlacesFact: Component<{ readonly account: Account }> = (props) => {
  const lowered = () => props.account.granted < props.account.concurrency;
  return (
    <Fact
      name="Places"
      value={`${props.account.busy} of ${props.account.granted} busy`}
      note={lowered() ? `of your ${props.account.concurrency}: the provider gives fewer now` : undefined}
    >
      <Progress
        label={`Places in use of ${props.account.title}`}
        value={props.account.granted === 0 ? 0 : props.account.busy / props.account.granted}
        tone={accountStateLooks[props.account.state].tone}
      />
    </Fact>
  );
};

const CreditsFact: Component<{ readonly account: Account }> = (props) => (
  <Show when={props.account.credits} fallback={<Fact name="Credits" value="–" note="not told" />}>
    {(credits) => (
      <Fact
        name="Credits"
        value={formatPrice(credits().amount, credits().type)}
        note={
          <span title={`As of ${formatFull(credits().at)}`}>
            {(credits().parts ?? []).map(({ type, amount }) => `${formatAmount(amount, null)} ${type} · `).join("")}
            {props.account.held > 0 ? `${formatAmount(props.account.held, credits().type)} held` : "none held"}
          </span>
        }
      >
        <CreditsLine account={props.account} />
      </Fact>
    )}
  </Show>
);

const Countdown: Component<{ readonly until: number }> = (props) => {
  const now = useNow();
  const left = () => props.until - now();
  return (
    <span class="account-countdown" role="timer">
      {left() > 0 ? ` ${formatClock(left())} left` : " Any moment now."}
    </span>
  );
};
