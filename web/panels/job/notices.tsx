// What a person should know or decide about a job: that it is parked, that an outcome is unknown, why it failed and what to do.
import CircleAlert from "lucide-solid/icons/circle-alert";
import CircleQuestionMark from "lucide-solid/icons/circle-question-mark";
import CirclePause from "lucide-solid/icons/circle-pause";
import Hourglass from "lucide-solid/icons/hourglass";
import { createSignal, Show, type Component } from "solid-js";
import type { ActorView } from "#protocol/actor.ts";
import type { Charge, Job } from "#protocol/job.ts";
import { openPanel } from "#web/dock/panel.ts";
import { TellDialog, type Telling } from "#web/panels/spend/tell-dialog.tsx";
import { newKey } from "#protocol/client/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { countedPrice } from "#web/ui/price.ts";
import { toast } from "#web/ui/toast.tsx";
import { waitsFor } from "./about.ts";
import { adviceFor } from "./advice.ts";
import { Notice } from "./notice.tsx";
import { Review } from "./review.tsx";
import { Switches } from "./switches.tsx";
import type { Told } from "./told.ts";

interface NoticesProps {
  readonly job: Job;
  readonly view: ActorView;
  readonly told: Told;
  readonly onRetry: (newSeed: boolean) => void;
}

const heldWords = ({ estimated, type }: Charge, isFree: boolean): string => {
  const price = countedPrice(estimated, type);
  return isFree
    ? "It is free, whatever became of it: it stays open"
    : price === null
      ? "Its price is not told: it stays open, and budgets count it,"
      : `Its estimate of ${price} stays held, and budgets count it,`;
};

export const Notices: Component<NoticesProps> = (props) => {
  const { client, draft, providers } = useWorkspace();
  providers.ensure();
  const isFree = (charge: Charge) => providers.isFree(charge.provider ?? props.job.provider);
  const [busy, setBusy] = createSignal(false);
  const [telling, setTelling] = createSignal<Telling | null>(null);
  const inReview = () => props.view.effects.find(({ state }) => state === "review");

  const run = (what: Promise<unknown>, failed: string) => {
    setBusy(true);
    what.catch((error: unknown) => toast(failed, { tone: "bad", detail: sentenceOf(error) })).finally(() => setBusy(false));
  };
  const resume = () =>
    run(client.call("actors.resume", { address: props.view.address }, { key: newKey() }), "The job could not be resumed");
  const useSettings = () => {
    draft.fromJob(props.job);
    openPanel("generate", {});
  };

  return (
    <>
      <Show when={inReview()}>
        {(effect) => (
          <Review job={props.job} address={props.view.address} effect={effect()} reason={props.view.parked} busy={busy()} run={run} />
        )}
      </Show>
      <Show when={inReview() === undefined ? props.view.parked : null}>
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
      <Switches job={props.job} />
      <Show when={props.told.open()[0]}>
        {(charge) => (
          <Notice
            tone="warn"
            icon={CircleQuestionMark}
            title={isFree(charge()) ? "Whether it was taken is not known" : "Whether it was charged is not known"}
            actions={
              <Button size="s" onClick={() => setTelling(charge())}>
                Say what it cost…
              </Button>
            }
          >
            {heldWords(charge(), isFree(charge()))} until its provider, which is asked again where it can tell, or somebody who has looked
            there says what became of it.
          </Notice>
        )}
      </Show>
      <TellDialog telling={telling()} onClose={() => setTelling(null)} onTold={(entry) => props.told.put(entry)} />
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
      <Show when={props.job.finishedAt === null && props.view.parked === null ? waitsFor(props.job, Date.now()) : null}>
        {(reason) => (
          <Notice
            tone="neutral"
            icon={Hourglass}
            title={props.job.state === "paused" ? "Paused" : "Waiting"}
            actions={
              <Show when={props.job.state === "waitingForSlot"}>
                <Button size="s" onClick={() => openPanel("queue", { jobId: props.job.id })}>
                  Its place in the queue
                </Button>
              </Show>
            }
          >
            {reason()}
          </Notice>
        )}
      </Show>
    </>
  );
};
