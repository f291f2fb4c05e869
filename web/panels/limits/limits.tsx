// The Limits panel: how much one may have, keep and ask for, and what is used of it; administrators see all users and set their limits.
import Pencil from "lucide-solid/icons/pencil";
import { createEffect, createSignal, For, Match, on, onCleanup, Show, Switch, type Component } from "solid-js";
import type { CallOutput } from "#protocol/contract.ts";
import type { Quota } from "#protocol/quota.ts";
import type { PanelProps } from "#web/dock/panel.ts";
import { debounced } from "#web/store/debounced.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { IconButton } from "#web/ui/button.tsx";
import { FailedState } from "#web/ui/failed-state.tsx";
import { Badge, Progress, Skeleton } from "#web/ui/feedback.tsx";
import { ListProblem } from "#web/ui/list-problem.tsx";
import { LimitsDialog } from "./limits-dialog.tsx";
import { holds, limitWords, shareOf, toneOf } from "./words.ts";
import "./limits.css";

/** Jobs that end together are one reason to read anew, ms. */
const restMs = 800;

export type AllQuotas = CallOutput<"quotas.all">;
export type UserQuota = AllQuotas["users"][number];

interface Read {
  readonly own: Quota;
  /** Of administrators. */
  readonly all: AllQuotas | null;
}

const LimitsPanel: Component<PanelProps<"limits">> = (props) => {
  const { client, jobs, user } = useWorkspace();
  const isAdmin = () => user().role === "admin";
  const [read, setRead] = createSignal<Read>();
  const [problem, setProblem] = createSignal<string | null>(null);
  const [asked, setAsked] = createSignal(0);
  const [ended, setEnded] = createSignal(0);
  const [changed, setChanged] = createSignal<UserQuota | null>(null);
  onCleanup(jobs.onEnded(() => setEnded((now) => now + 1)));
  const again = () => setAsked((now) => now + 1);

  createEffect(
    on([asked, debounced(ended, restMs), () => props.visible()], ([, , visible]) => {
      if (!visible) {
        return;
      }
      const stop = new AbortController();
      const { signal } = stop;
      onCleanup(() => stop.abort());
      Promise.all([client.call("quotas.get", {}, { signal }), isAdmin() ? client.call("quotas.all", {}, { signal }) : null]).then(
        ([own, all]) => {
          if (!signal.aborted) {
            setRead({ own, all });
            setProblem(null);
          }
        },
        (error: unknown) => !signal.aborted && setProblem(sentenceOf(error)),
      );
    }),
  );

  return (
    <div class="limits panel-scroll">
      <Switch>
        <Match when={read() === undefined && problem() !== null}>
          <FailedState title="The limits could not be read" problem={problem()} onRetry={again} />
        </Match>
        <Match when={read() === undefined}>
          <div class="limits-list" aria-busy="true" aria-label="Loading the limits">
            <For each={limitWords}>{() => <Skeleton class="limit-skeleton" />}</For>
          </div>
        </Match>
        <Match when={read()}>
          {(now) => (
            <>
              <ListProblem what="The latest limits" problem={problem()} onRetry={again} />
              <OwnLimits quota={now().own} isAdmin={isAdmin()} />
              <Show when={now().all}>{(all) => <Users users={all().users} onChange={setChanged} />}</Show>
              <LimitsDialog
                user={changed()}
                everybody={now().all?.everybody ?? now().own.limits}
                onClose={() => setChanged(null)}
                onSaved={again}
              />
            </>
          )}
        </Match>
      </Switch>
    </div>
  );
};

export default LimitsPanel;

const OwnLimits: Component<{ readonly quota: Quota; readonly isAdmin: boolean }> = (props) => (
  <ul class="limits-list" aria-label="Own limits">
    <For each={limitWords}>
      {({ name, title, help, amount }) => {
        const used = () => props.quota.used[name];
        const limit = () => props.quota.limits[name];
        const held = () => holds(props.isAdmin ? "admin" : "user", name);
        const tone = () => (held() ? toneOf(used(), limit()) : "ok");
        return (
          <li class="limit" aria-label={title}>
            <p class="limit-top">
              <strong>{title}</strong>
              <Show when={tone() === "bad"}>
                <Badge tone="bad">Used up</Badge>
              </Show>
              <span>{held() ? `${amount(used())} of ${amount(limit())}` : `${amount(used())}, as many as you like`}</span>
            </p>
            <Show when={held()}>
              <Progress label={`${title} used`} value={shareOf(used(), limit())} tone={tone()} />
            </Show>
            <Show when={tone() !== "ok"}>
              <small>{help}</small>
            </Show>
          </li>
        );
      }}
    </For>
  </ul>
);

const Users: Component<{ readonly users: ReadonlyArray<UserQuota>; readonly onChange: (user: UserQuota) => void }> = (props) => (
  <section class="limits-users">
    <h3 id="limits-users">All users</h3>
    <table class="limits-table" aria-labelledby="limits-users">
      <thead>
        <tr>
          <th scope="col">User</th>
          <For each={limitWords}>{({ title }) => <th scope="col">{title}</th>}</For>
          <th scope="col">
            <span class="visually-hidden">Change</span>
          </th>
        </tr>
      </thead>
      <tbody>
        <For each={props.users}>
          {(user) => (
            <tr>
              <th scope="row">{user.username}</th>
              <For each={limitWords}>
                {({ name, title, amount }) => (
                  <td data-title={title} data-tone={holds(user.role, name) ? toneOf(user.used[name], user.limits[name]) : "ok"}>
                    <span>{amount(user.used[name])}</span>{" "}
                    <small>{holds(user.role, name) ? `of ${amount(user.limits[name])}` : "no limit"}</small>
                    <Show when={user.own[name] !== null}>
                      {" "}
                      <small class="limits-own">set</small>
                    </Show>
                  </td>
                )}
              </For>
              <td class="limits-tools">
                <IconButton size="s" icon={Pencil} label={`Set the limits of ${user.username}`} onClick={() => props.onChange(user)} />
              </td>
            </tr>
          )}
        </For>
      </tbody>
    </table>
    <p class="limits-note">“Set”: for this user alone. What is over a limit stays; nothing new is let in until there is room.</p>
  </section>
);
