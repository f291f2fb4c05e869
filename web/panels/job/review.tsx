// A submission of which nobody knows whether the provider took it: what a person can say of it, and what each answer does.
import CircleAlert from "lucide-solid/icons/circle-alert";
import { createSignal, Show, type Component } from "solid-js";
import type { ActorEffect } from "#protocol/actor.ts";
import type { Job } from "#protocol/job.ts";
import { newKey } from "#protocol/client/key.ts";
import { countedIn, priceUnit } from "#protocol/price.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { countedPrice } from "#web/ui/price.ts";
import { NumberField, TextField } from "#web/ui/text-field.tsx";
import { jobCreditType } from "./about.ts";
import { Notice } from "./notice.tsx";

interface ReviewProps {
  readonly job: Job;
  readonly address: string;
  readonly effect: ActorEffect;
  /** Why it is not known. */
  readonly reason: string | null;
  readonly busy: boolean;
  readonly run: (what: Promise<unknown>, failed: string) => void;
}

export const Review: Component<ReviewProps> = (props) => {
  const workspace = useWorkspace();
  const { client } = workspace;
  const type = () => jobCreditType(workspace, props.job);
  const estimate = () => countedPrice(props.job.credits, type());
  const [asking, setAsking] = createSignal<"resend" | "done" | null>(null);
  const [name, setName] = createSignal("");
  const [charged, setCharged] = createSignal<number | null>(null);
  const isPaid = () => props.job.accountId !== null && !workspace.providers.isFree(props.job.provider);
  const wrongCharge = () => {
    const credits = charged();
    return credits !== null && credits < 0 ? "Not less than nothing." : undefined;
  };

  const close = () => setAsking(null);
  const resend = () => {
    close();
    props.run(
      client.call("actors.resolveEffect", { address: props.address, key: props.effect.key, decision: "resend" }, { key: newKey() }),
      "It was not sent again",
    );
  };
  const markDone = () => {
    if (wrongCharge() !== undefined) return;
    close();
    const [providerJobId, credits] = [name().trim(), charged()];
    props.run(
      client.call(
        "jobs.markDone",
        {
          id: props.job.id,
          key: props.effect.key,
          ...(providerJobId === "" ? {} : { providerJobId }),
          ...(credits === null ? {} : { charged: countedIn(credits, type()) }),
        },
        { key: newKey() },
      ),
      "It was not marked as done",
    );
  };

  return (
    <>
      <Notice
        tone="warn"
        icon={CircleAlert}
        title="Whether the provider took the submission is not known"
        actions={
          <>
            <Button size="s" busy={props.busy} onClick={() => setAsking("resend")}>
              Send it again…
            </Button>
            <Button size="s" busy={props.busy} onClick={() => setAsking("done")}>
              Mark as done…
            </Button>
          </>
        }
      >
        {props.reason} Look at the provider first: only you can find out. If it is not there, send it again: that is a new submission, and
        paid as one. If it is there, mark it as done: it counts as paid, and with its name the job goes on from there.
      </Notice>

      <Dialog
        open={asking() === "resend"}
        onClose={close}
        size="s"
        title="Send it again?"
        description="A new submission is made. If the provider did take the first one, it makes the video twice and charges for both."
        actions={
          <>
            <Button onClick={close}>Not now</Button>
            <Button tone="primary" onClick={resend}>
              Send it again
            </Button>
          </>
        }
      />
      <Dialog
        open={asking() === "done"}
        onClose={close}
        size="s"
        title="Mark it as done?"
        description="The provider took it. Its place at the account is given back, and nothing is sent again."
        actions={
          <>
            <Button onClick={close}>Not now</Button>
            <Button tone="primary" onClick={markDone}>
              Mark as done
            </Button>
          </>
        }
      >
        <TextField
          label="Its name at the provider"
          help="The id under which the provider lists it: the job goes on from there, and the video is fetched. Empty: the job ends without it."
          value={name()}
          maxLength={200}
          onInput={setName}
        />
        <Show when={isPaid()}>
          <NumberField
            label={estimate() === null ? "Charged" : `Charged, in ${priceUnit(type()).name}`}
            help={estimate() === null ? "Empty: not told." : `Empty: as estimated, ${estimate()}.`}
            min={0}
            value={charged()}
            error={wrongCharge()}
            onChange={setCharged}
          />
        </Show>
      </Dialog>
    </>
  );
};
