// What a person should know or decide about a job: that it is parked, that an outcome is unknown, why it failed and what to do.
import CircleAlert from "lucide-solid/icons/circle-alert";
import CirclePause from "lucide-solid/icons/circle-pause";
import Hourglass from "lucide-solid/icons/hourglass";
import { createSignal, For, Show, type Component, type JSX } from "solid-js";
import type { ActorEffect, ActorView } from "#protocol/actor.ts";
import type { Job } from "#protocol/job.ts";
import { spaced } from "#web/machine/words.ts";
import { openPanel } from "#web/dock/panel.ts";
import { newKey } from "#web/store/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, type Icon } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import type { Tone } from "#web/ui/feedback.tsx";
import { toast } from "#web/ui/toast.tsx";
import { adviceFor } from "./advice.ts";

interface NoticeProps {
  readonly tone: Tone;
  readonly icon: Icon;
  readonly title: string;
  readonly children?: JSX.Element;
  readonly actions?: JSX.Element;
}

const Notice: Component<NoticeProps> = (props) => (
  <section class="job-notice" data-tone={props.tone} role={props.tone === "bad" || props.tone === "warn" ? "alert" : "status"}>
    {props.icon({ size: 16, "aria-hidden": "true" })}
    <div>
      <strong>{props.title}</strong>
      <Show when={props.children}>
        <p>{props.children}</p>
      </Show>
      <Show when={props.actions}>
        <div class="job-notice-actions">{props.actions}</div>
      </Show>
    </div>
  </section>
);

interface NoticesProps {
  readonly job: Job;
  readonly view: ActorView;
  readonly onRetry: (newSeed: boolean) => void;
}

type Decision = { readonly effect: ActorEffect; readonly decision: "resend" | "fail" };

export const Notices: Component<NoticesProps> = (props) => {
  const { client, draft } = useWorkspace();
  const [busy, setBusy] = createSignal(false);
  const [asking, setAsking] = createSignal<Decision | null>(null);
  const inReview = () => props.view.effects.filter(({ state }) => state === "review");

  const run = (what: Promise<unknown>, failed: string) => {
    setBusy(true);
    what.catch((error: unknown) => toast(failed, { tone: "bad", detail: sentenceOf(error) })).finally(() => setBusy(false));
  };
  const resume = () =>
    run(client.call("actors.resume", { address: props.view.address }, { key: newKey() }), "The job could not be resumed");
  const decide = ({ effect, decision }: Decision) => {
    setAsking(null);
    run(
      client.call("actors.resolveEffect", { address: props.view.address, key: effect.key, decision }, { key: newKey() }),
      "The decision was not taken",
    );
  };
  const useSettings = () => {
    draft.fromJob(props.job);
    openPanel("generate", {});
  };

  return (
    <>
      <For each={inReview()}>
        {(effect) => (
          <Notice
            tone="warn"
            icon={CircleAlert}
            title={`Whether “${spaced(effect.name)}” took place is not known`}
            actions={
              <>
                <Button size="s" busy={busy()} onClick={() => setAsking({ effect, decision: "resend" })}>
                  Do it again…
                </Button>
                <Button size="s" tone="danger" busy={busy()} onClick={() => setAsking({ effect, decision: "fail" })}>
                  Count it as failed…
                </Button>
              </>
            }
          >
            {props.view.parked} Look at the provider first: only you can find out whether it was accepted.
          </Notice>
        )}
      </For>
      <Show when={inReview().length === 0 ? props.view.parked : null}>
        {(reason) => (
          <Notice
            tone="warn"
            icon={CirclePause}
            title="Parked: it waits for you"
            actions={
              <Button size="s" tone="primary" busy={busy()} onClick={resume}>
                Resume
              </Button>
            }
          >
            {reason()} Resuming tries again what failed; nothing that was done is done twice.
          </Notice>
        )}
      </Show>
      <Show when={props.job.state !== "completed" && props.job.finishedAt !== null ? props.job.failure : null}>
        {(failure) => (
          <Notice
            tone="bad"
            icon={CircleAlert}
            title={adviceFor(failure().kind).title}
            actions={
              <>
                <Show when={adviceFor(failure().kind).again}>
                  <Button size="s" tone="primary" onClick={() => props.onRetry(false)}>
                    Run again
                  </Button>
                  <Button size="s" onClick={() => props.onRetry(true)}>
                    With a new seed
                  </Button>
                </Show>
                <Button size="s" onClick={useSettings}>
                  Change the settings
                </Button>
              </>
            }
          >
            {failure().message} {adviceFor(failure().kind).next}
          </Notice>
        )}
      </Show>
      <Show when={props.job.finishedAt === null && props.view.parked === null ? props.job.waitingFor : null}>
        {(reason) => (
          <Notice tone="neutral" icon={Hourglass} title="Waiting for">
            {reason()}
          </Notice>
        )}
      </Show>

      <Dialog
        open={asking() !== null}
        onClose={() => setAsking(null)}
        size="s"
        title={asking()?.decision === "resend" ? "Do it again?" : "Count it as failed?"}
        description={
          asking()?.decision === "resend"
            ? "If the provider did accept it the first time, it may make the video twice and charge for both."
            : "The job goes on as if the provider had refused. If it did accept, what it makes is lost and may be charged."
        }
        actions={
          <>
            <Button onClick={() => setAsking(null)}>Not now</Button>
            <Show when={asking()} keyed>
              {(decision) => (
                <Button tone={decision.decision === "fail" ? "danger" : "primary"} onClick={() => decide(decision)}>
                  {decision.decision === "fail" ? "Count as failed" : "Do it again"}
                </Button>
              )}
            </Show>
          </>
        }
      />
    </>
  );
};
