// The Spend panel: what own submissions have cost, by day and by account, estimated beside charged.
import { formatAmount, priceUnit } from "#protocol/price.ts";
import Coins from "lucide-solid/icons/coins";
import KeyRound from "lucide-solid/icons/key-round";
import RefreshCw from "lucide-solid/icons/refresh-cw";
import {
  createEffect,
  createMemo,
  createResource,
  createSignal,
  For,
  Index,
  Match,
  on,
  onCleanup,
  Show,
  Switch,
  type Accessor,
  type Component,
  type JSX,
} from "solid-js";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { brought } from "#web/store/brought.ts";
import { debounced } from "#web/store/debounced.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Segments, Select } from "#web/ui/choice.tsx";
import { FailedState } from "#web/ui/failed-state.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { formatCount } from "#web/ui/format.ts";
import { ListProblem } from "#web/ui/list-problem.tsx";
import { countedPrice } from "#web/ui/price.ts";
import { Budgets, limitOf } from "./budgets.tsx";
import { SpendChart } from "./chart.tsx";
import { Unknown } from "./unknown.tsx";
import {
  dayWords,
  sumsByAccount,
  sumsByDay,
  sumsByProvider,
  sumsByType,
  sumsByUser,
  type SpendRow,
  type Sum,
  type ToldRow,
} from "./sums.ts";
import "./spend.css";

const ranges = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
] as const;
type Range = (typeof ranges)[number]["value"];

const groupings = [
  { value: "day", label: "By day" },
  { value: "provider", label: "By provider" },
  { value: "account", label: "By account" },
  // Of administrators.
  { value: "user", label: "By user" },
] as const;
type Grouping = (typeof groupings)[number]["value"];

/** Jobs that end together are one reason to read anew, ms. */
const restMs = 800;

interface Read {
  readonly rows: ReadonlyArray<ToldRow>;
  readonly days: number;
  /** ms */
  readonly at: number;
}

const SpendPanel: Component<PanelProps<"spend">> = (props) => {
  const { client, jobs, providers, budgets, user } = useWorkspace();
  providers.ensure();
  const isAdmin = () => user().role === "admin";
  const [users] = createResource(isAdmin, () =>
    client.call("auth.users", {}).then(
      ({ users: all }) => all,
      () => [],
    ),
  );
  /** What cannot be read is left out: ids stand for names then. */
  const knownUsers = () => brought(users) ?? [];
  const nameOf = (userId: string) => knownUsers().find(({ id }) => id === userId)?.username ?? userId;
  const [range, setRange] = createSignal<Range>("30");
  const [grouping, setGrouping] = createSignal<Grouping>("day");
  const [read, setRead] = createSignal<Read>();
  const [problem, setProblem] = createSignal<string | null>(null);
  const [reading, setReading] = createSignal(false);
  const [asked, setAsked] = createSignal(0);
  const [ended, setEnded] = createSignal(0);
  onCleanup(jobs.onEnded(() => setEnded((now) => now + 1)));

  const debouncedEnds = debounced(ended, restMs);
  const ofEverybody = createMemo(() => grouping() === "user");
  createEffect(
    on([range, ofEverybody, asked, debouncedEnds, () => props.visible()], ([now, everybody, , , visible]) => {
      if (!visible) {
        return;
      }
      const days = Number(now);
      const stop = new AbortController();
      onCleanup(() => stop.abort());
      setReading(true);
      client
        .call("accounts.spend", { days, everybody }, { signal: stop.signal })
        .then(
          ({ rows }) => {
            if (!stop.signal.aborted) {
              setRead({ rows, days, at: Date.now() });
              setProblem(null);
            }
          },
          (error: unknown) => !stop.signal.aborted && setProblem(sentenceOf(error)),
        )
        .finally(() => !stop.signal.aborted && setReading(false));
    }),
  );
  // After jobs that end they are read again by themselves.
  createEffect(on([asked, () => props.visible()], ([, visible]) => visible && budgets.read()));
  const again = () => setAsked((now) => now + 1);
  const rows = createMemo((): ReadonlyArray<SpendRow> =>
    (read()?.rows ?? []).map((row) => Object.assign({ free: providers.isFree(row.provider) }, row)),
  );

  return (
    <div class="spend">
      <div class="panel-bar">
        <Segments label="Time" hideLabel value={range()} onChange={setRange} options={ranges} />
        <Segments
          label="Rows"
          hideLabel
          value={grouping()}
          onChange={setGrouping}
          options={groupings.filter(({ value }) => value !== "user" || isAdmin())}
        />
      </div>
      <Switch>
        <Match when={read() === undefined && problem() !== null}>
          <FailedState title="The spend could not be read" problem={problem()} onRetry={again} />
        </Match>
        <Match when={read() === undefined}>
          <div class="spend-loading" aria-busy="true" aria-label="Loading the spend">
            <Skeleton class="spend-skeleton-chart" />
            <Skeleton class="spend-skeleton" />
            <Skeleton class="spend-skeleton" />
          </div>
        </Match>
        <Match when={read()?.rows.length === 0 ? read() : undefined}>
          {(now) => (
            <div class="panel-scroll spend-empty">
              <EmptyState
                icon={Coins}
                title={`Nothing was spent in the last ${now().days} days`}
                actions={
                  <Button icon={KeyRound} onClick={() => openPanel("accounts", {})}>
                    Providers &amp; accounts
                  </Button>
                }
              >
                What your accounts charge for each video appears here, beside what it was estimated to cost before it was sent.
              </EmptyState>
              <Unknown asked={() => (props.visible() ? [asked(), debouncedEnds()] : undefined)} onTold={again} />
              <Budgets users={knownUsers()} nameOf={nameOf} />
            </div>
          )}
        </Match>
        <Match when={read()}>
          {(now) => (
            <div class="panel-scroll" aria-busy={reading() ? "true" : undefined}>
              <ListProblem what="The latest spend" problem={problem()} onRetry={again} />
              <Sums rows={rows()} read={now()} reading={reading()} onAgain={again} />
              <Unknown asked={() => (props.visible() ? [asked(), debouncedEnds()] : undefined)} onTold={again} />
              <Budgets users={knownUsers()} nameOf={nameOf} />
              <Switch fallback={<DayTable rows={rows()} />}>
                <Match when={grouping() === "provider"}>
                  <SumTable caption="Spend by provider" head="Provider" rows={rows()} sumsOf={sumsByProvider}>
                    {(sum) => <td class="spend-account">{providers.title(sum().provider)}</td>}
                  </SumTable>
                </Match>
                <Match when={grouping() === "account"}>
                  <SumTable caption="Spend by account" head="Account" rows={rows()} sumsOf={sumsByAccount}>
                    {(sum) => <AccountCell account={sum().accountTitle} provider={providers.title(sum().provider)} />}
                  </SumTable>
                </Match>
                <Match when={grouping() === "user"}>
                  <SumTable caption="Spend by user" head="User" rows={rows()} sumsOf={sumsByUser}>
                    {(sum) => <td class="spend-account">{nameOf(sum().ownerId)}</td>}
                  </SumTable>
                </Match>
              </Switch>
              <p class="spend-note">
                Days are those of UTC on which it was sent. Charged: as the provider told it, or the estimate of what was completed where it
                does not tell; what was given back is taken off. Held: estimates of what is under way, or of which nobody knows yet whether
                it was taken.
              </p>
            </div>
          )}
        </Match>
      </Switch>
    </div>
  );
};

export default SpendPanel;

interface SumsProps {
  readonly rows: ReadonlyArray<SpendRow>;
  readonly read: Read;
  readonly reading: boolean;
  readonly onAgain: () => void;
}

const Sums: Component<SumsProps> = (props) => {
  const sums = createMemo(() => sumsByType(props.rows));
  const [chosen, setChosen] = createSignal("0");
  const sum = () => sums()[Number(chosen())] ?? sums()[0];
  const days = createMemo(() => sumsByDay(props.rows, sum()?.type ?? null, props.read.days, props.read.at));
  const { budgets, user } = useWorkspace();
  /** Of a day, in what the chart shows. */
  const limits = () =>
    (budgets.list() ?? []).flatMap((budget) =>
      budget.period === "day" && budget.type === sum()?.type && (budget.ownerId ?? user().id) === user().id ? [limitOf(budget)] : [],
    );
  return (
    <section class="spend-sums" aria-label="In all">
      <Show when={sum()}>
        {(now) => (
          <>
            <div class="spend-head">
              <div class="spend-total">
                <strong>{priceWords(now())}</strong>
                <span>
                  <Show when={isCounted(now())}>
                    charged
                    <Show when={estimateWords(now())}>{(estimate) => ` of ${estimate()} estimated`}</Show>
                    {" · "}
                  </Show>
                  {formatCount(now().submissions, "submission")}, {now().completed.toLocaleString("en")} completed
                </span>
              </div>
              <div class="spend-tools">
                <Show when={sums().length > 1}>
                  <Select
                    label="Counted in"
                    hideLabel
                    size="s"
                    value={chosen()}
                    onChange={setChosen}
                    options={sums().map(({ type, free }, index) => ({
                      value: String(index),
                      label: unitWords({ type, free }),
                    }))}
                  />
                </Show>
                <IconButton size="s" label="Read anew" icon={RefreshCw} disabled={props.reading} onClick={() => props.onAgain()} />
              </div>
            </div>
            <Show when={isCounted(now())}>
              <SpendChart limits={limits()} days={days()} type={now().type} />
            </Show>
          </>
        )}
      </Show>
    </section>
  );
};

/** Some providers count nothing, since they are free or do not say what they charge: that is not the same as what others call credits. */
const isCounted = ({ charged, type }: Sum): boolean => countedPrice(charged, type) !== null;

/** What a sum is in. */
const unitWords = ({ type, free }: Pick<Sum, "type" | "free">): string =>
  type === null ? (free ? "free" : "price not told") : priceUnit(type).name;

const priceWords = ({ charged, type, free }: Sum): string => (free && charged === 0 ? "free" : (countedPrice(charged, type) ?? "not told"));

/** Null: nobody has said before what any of it was to cost. */
const estimateWords = ({ estimated, type }: Sum): string | null => (estimated === 0 ? null : formatAmount(estimated, type));

/** The cells of a row that all tables of this panel share. */
const Amounts: Component<{ readonly sum: Sum; readonly most: number }> = (props) => (
  <>
    <td>
      {props.sum.submissions.toLocaleString("en")}
      <Show when={props.sum.completed < props.sum.submissions}>
        <small class="spend-amount"> {props.sum.completed.toLocaleString("en")} completed</small>
      </Show>
    </td>
    <td class="spend-wide">
      {estimateWords(props.sum) ?? (props.sum.free ? "free" : <span title="Its price is not known before it is made">—</span>)}
    </td>
    <td>
      <span class="spend-amount">{priceWords(props.sum)}</span>
      <Show when={estimateWords(props.sum)}>{(estimate) => <small class="spend-amount spend-narrow">{estimate()} estimated</small>}</Show>
      <Show when={props.sum.refunded > 0}>
        <small class="spend-amount">{formatAmount(props.sum.refunded, props.sum.type)} given back</small>
      </Show>
      <Show when={props.sum.held > 0}>
        <small class="spend-amount">{formatAmount(props.sum.held, props.sum.type)} held</small>
      </Show>
      <Show when={isCounted(props.sum)}>
        <span class="spend-share" aria-hidden="true">
          <span style={{ scale: `${props.most === 0 ? 0 : props.sum.charged / props.most} 1` }} />
        </span>
      </Show>
    </td>
  </>
);

/** The most that was charged in one row, by what is counted in: bars of different credits are not compared. */
const mostByType = (sums: ReadonlyArray<Sum>): ReadonlyMap<string | null, number> => {
  const most = new Map<string | null, number>();
  for (const { type, charged } of sums) {
    most.set(type, Math.max(most.get(type) ?? 0, charged));
  }
  return most;
};

interface TableProps {
  readonly caption: string;
  /** Of the columns before the amounts. */
  readonly heads: ReadonlyArray<string>;
  /** What is summed up at the foot. */
  readonly rows: ReadonlyArray<SpendRow>;
  readonly children: JSX.Element;
}

const Table: Component<TableProps> = (props) => (
  <table class="spend-table">
    <caption class="visually-hidden">{props.caption}</caption>
    <thead>
      <tr>
        <For each={props.heads}>{(head) => <th scope="col">{head}</th>}</For>
        <th scope="col">Sent</th>
        <th scope="col" class="spend-wide">
          Estimated
        </th>
        <th scope="col">Charged</th>
      </tr>
    </thead>
    <tbody>{props.children}</tbody>
    <tfoot>
      <For each={sumsByType(props.rows)}>
        {(sum) => (
          <tr>
            <th scope="row" colSpan={props.heads.length}>
              In all
              <small>{unitWords(sum)}</small>
            </th>
            <Amounts sum={sum} most={0} />
          </tr>
        )}
      </For>
    </tfoot>
  </table>
);

const DayTable: Component<{ readonly rows: ReadonlyArray<SpendRow> }> = (props) => {
  const { providers } = useWorkspace();
  const most = createMemo(() => mostByType(props.rows));
  return (
    <Table caption="Spend by day and account" heads={["Day", "Account"]} rows={props.rows}>
      <Index each={props.rows}>
        {(row, index) => (
          <tr data-first={props.rows[index - 1]?.day === row().day ? undefined : ""}>
            <td>
              <time dateTime={row().day} classList={{ "spend-repeated": props.rows[index - 1]?.day === row().day }}>
                {dayWords(row().day)}
              </time>
            </td>
            <AccountCell account={row().accountTitle} provider={providers.title(row().provider)} />
            <Amounts sum={row()} most={most().get(row().type) ?? 0} />
          </tr>
        )}
      </Index>
    </Table>
  );
};

interface SumTableProps<S extends Sum> {
  readonly caption: string;
  readonly head: string;
  readonly rows: ReadonlyArray<SpendRow>;
  readonly sumsOf: (rows: ReadonlyArray<SpendRow>) => ReadonlyArray<S>;
  /** The first cell of a sum: what it is of. */
  readonly children: (sum: Accessor<S>) => JSX.Element;
}

const SumTable = <S extends Sum>(props: SumTableProps<S>): JSX.Element => {
  const sums = createMemo(() => props.sumsOf(props.rows));
  const most = createMemo(() => mostByType(sums()));
  return (
    <Table caption={props.caption} heads={[props.head]} rows={props.rows}>
      <Index each={sums()}>
        {(sum) => (
          <tr data-first="">
            {props.children(sum)}
            <Amounts sum={sum()} most={most().get(sum().type) ?? 0} />
          </tr>
        )}
      </Index>
    </Table>
  );
};

const AccountCell: Component<{ readonly account: string; readonly provider: string }> = (props) => (
  <td class="spend-account">
    {props.account}
    <small>{props.provider}</small>
  </td>
);
