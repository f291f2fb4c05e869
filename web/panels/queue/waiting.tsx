// One job that waits: its place in the turns and its reason; opened, each account with what speaks for or against it.
import ArrowDownToLine from "lucide-solid/icons/arrow-down-to-line";
import ArrowUpToLine from "lucide-solid/icons/arrow-up-to-line";
import Ban from "lucide-solid/icons/ban";
import ChevronRight from "lucide-solid/icons/chevron-right";
import ChevronsUp from "lucide-solid/icons/chevrons-up";
import CircleCheck from "lucide-solid/icons/circle-check";
import CircleX from "lucide-solid/icons/circle-x";
import GripVertical from "lucide-solid/icons/grip-vertical";
import ListVideo from "lucide-solid/icons/list-video";
import Pencil from "lucide-solid/icons/pencil";
import { createUniqueId, For, Show, type Component } from "solid-js";
import type { QueueVerdict } from "#protocol/account.ts";
import { openPanel } from "#web/dock/panel.ts";
import { aboutJob, jobPrice } from "#web/panels/job/about.ts";
import { cancelJobs, runNext } from "#web/panels/jobs/actions.ts";
import { useNow } from "#web/store/now.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { AccountStateBadge } from "#web/ui/account-state.tsx";
import { Button } from "#web/ui/button.tsx";
import { formatCount, formatFull, formatSpan } from "#web/ui/format.ts";
import { tip } from "#web/ui/tooltip.tsx";
import type { WaitingJob } from "./groups.ts";
import type { Reorder } from "./reorder.ts";

interface WaitingProps {
  readonly waiting: WaitingJob;
  readonly open: boolean;
  /** Of the one that is open; null: not known yet, or its provider is used without an account. */
  readonly verdicts: ReadonlyArray<QueueVerdict> | null;
  readonly onToggle: () => void;
  /** By which it is put elsewhere; null: it stands alone. */
  readonly handle: ReturnType<Reorder["handle"]> | null;
  readonly mark: ReturnType<Reorder["markOf"]>;
  /** Puts it before or behind all others of one's own; null: it stands alone. */
  readonly ends: { readonly isFirst: boolean; readonly isLast: boolean; readonly move: (end: "front" | "end") => void } | null;
}

const aheadWords = (ahead: number): string => (ahead === 0 ? "next" : `${ahead.toLocaleString("en")} ahead`);

export const Waiting: Component<WaitingProps> = (props) => {
  const workspace = useWorkspace();
  const { providers } = workspace;
  const now = useNow();
  const detailId = createUniqueId();
  const job = () => props.waiting.job;
  const name = () => job().name ?? (job().prompt === "" ? "(no prompt)" : job().prompt);
  const since = () => props.waiting.queued?.since ?? job().createdAt;
  const reason = () => props.waiting.queued?.reason ?? job().waitingFor ?? "A place is being looked for.";
  const places = () => {
    const provider = providers.list()?.find(({ id }) => id === job().provider);
    return provider?.account === null ? provider.concurrency : null;
  };
  return (
    <li class="queue-job" data-open={props.open ? "" : undefined} data-mark={props.mark}>
      <Show when={props.handle} keyed>
        {(handle) => (
          <button
            type="button"
            class="queue-handle"
            aria-label={`Move ${name()}`}
            {...tip("Drag to move, or use the arrow keys; Home and End put it first and last")}
            {...handle}
          >
            <GripVertical size={14} aria-hidden="true" />
          </button>
        )}
      </Show>
      <button type="button" class="queue-row" aria-expanded={props.open} aria-controls={detailId} onClick={() => props.onToggle()}>
        <ChevronRight size={14} aria-hidden="true" class="queue-mark" />
        <span class="queue-words">
          <strong class="truncate">{name()}</strong>
          <span class="queue-reason">{reason()}</span>
        </span>
        <span class="queue-figures">
          <Show when={props.waiting.queued}>{(queued) => <strong>{aheadWords(queued().ahead)}</strong>}</Show>
          <span>
            <span title={`Since ${formatFull(since())}`}>waits {formatSpan(now() - since())}</span>
            {" · "}
            <span title="Lower goes first">priority {props.waiting.queued?.priority ?? job().priority}</span>
          </span>
          <Show when={jobPrice(workspace, job())}>{(price) => <span>{price()}</span>}</Show>
        </span>
      </button>
      <Show when={props.open}>
        <div class="queue-detail" id={detailId}>
          <p class="muted">{aboutJob(workspace, job())}</p>
          <Show
            when={props.verdicts}
            fallback={
              <Show when={places()}>
                {(count) => <p>It needs no account: {formatCount(count(), "place")} on this server, taken in turns.</p>}
              </Show>
            }
          >
            {(verdicts) => (
              <Show when={verdicts().length > 0} fallback={<p>There is no account that it may be made on.</p>}>
                <ul class="queue-verdicts" aria-label="Accounts">
                  <For each={verdicts()}>{(verdict) => <Verdict verdict={verdict} provider={job().provider} />}</For>
                </ul>
              </Show>
            )}
          </Show>
          <div class="queue-actions">
            <Button size="s" icon={ListVideo} onClick={() => openPanel("job", { jobId: job().id })}>
              Open the job
            </Button>
            <Button
              size="s"
              icon={Pencil}
              onClick={() => {
                workspace.draft.replaceJob(job());
                openPanel("generate", {});
              }}
            >
              Change it
            </Button>
            <Button
              size="s"
              icon={ChevronsUp}
              disabled={props.waiting.queued?.ahead === 0}
              onClick={() => void runNext(workspace, [job().id])}
            >
              Run next
            </Button>
            <Show when={props.ends}>
              {(ends) => (
                <>
                  <Button size="s" icon={ArrowUpToLine} disabled={ends().isFirst} onClick={() => ends().move("front")}>
                    To the front
                  </Button>
                  <Button size="s" icon={ArrowDownToLine} disabled={ends().isLast} onClick={() => ends().move("end")}>
                    To the end
                  </Button>
                </>
              )}
            </Show>
            <Button size="s" tone="danger" icon={Ban} onClick={() => void cancelJobs(workspace, [job().id])}>
              Cancel
            </Button>
          </div>
        </div>
      </Show>
    </li>
  );
};

const Verdict: Component<{ readonly verdict: QueueVerdict; readonly provider: string }> = (props) => {
  const { accounts } = useWorkspace();
  const account = () => accounts.row(props.verdict.accountId);
  const may = () => props.verdict.against === null;
  return (
    <li class="queue-verdict" data-tone={may() ? "ok" : "warn"}>
      <Show when={may()} fallback={<CircleX size={15} aria-label="Not now" />}>
        <CircleCheck size={15} aria-label="May take it" />
      </Show>
      <span class="queue-verdict-words">
        <span class="queue-verdict-name">
          <strong class="truncate">{props.verdict.title}</strong>
          <span class="muted">{props.verdict.shared ? "shared" : "own"}</span>
          <Show when={account()}>{(known) => <AccountStateBadge state={known().state} />}</Show>
        </span>
        <span>{props.verdict.reason}</span>
      </span>
      <Button
        size="s"
        tone="ghost"
        aria-label={`Open the account ${props.verdict.title}`}
        onClick={() => openPanel("accounts", { provider: props.provider })}
      >
        Open
      </Button>
    </li>
  );
};
