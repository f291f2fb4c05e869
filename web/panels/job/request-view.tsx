// What was asked of the provider and what it answered, with what the host does for the job right now.
import { createMemo, For, Show, type Component } from "solid-js";
import type { ActorView } from "#protocol/actor.ts";
import type { Job } from "#protocol/job.ts";
import { formatPrice } from "#protocol/price.ts";
import { openPanel } from "#web/dock/panel.ts";
import { spaced, sentenceCase } from "#web/machine/words.ts";
import { readFields } from "#web/panels/generate/schema.ts";
import { useNow } from "#web/store/now.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Badge } from "#web/ui/feedback.tsx";
import { Facts, type Fact } from "#web/ui/facts.tsx";
import { formatSpan } from "#web/ui/format.ts";
import { operationLabels } from "#web/ui/job-state.tsx";
import { paramFacts, paramWords } from "#web/ui/param-facts.ts";
import { jobAccountTitle, jobCreditType } from "./about.ts";
import { Against } from "./against.tsx";
import { valueText } from "./changes.ts";
import { Charges } from "./charges.tsx";
import type { Told } from "./told.ts";
import { Written } from "./written.tsx";
import { MediaRow } from "#web/panels/asset/media-row.tsx";

interface RequestProps {
  readonly job: Job;
  /** As of the step that is shown. */
  readonly context: Readonly<Record<string, unknown>>;
  readonly view: ActorView;
  readonly told: Told;
  /** A job that it is held against; null: the one that it repeats, if it does. */
  readonly against: string | null;
}

const text = (value: unknown): string | null => (value === null || value === undefined ? null : valueText(value));

export const RequestView: Component<RequestProps> = (props) => {
  const workspace = useWorkspace();
  const { providers } = workspace;
  providers.ensure();
  const titles = createMemo(() => readFields(providers.operation(props.job.provider, props.job.operation)?.params ?? {}));
  const of = (key: string) => props.context[key];
  const order = createMemo(() => {
    const value = of("order");
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  });
  const elsewhere = () => {
    const orders = props.job.fallback?.orders ?? [];
    return orders.length === 0 ? null : orders.map(({ provider }) => providers.title(provider)).join(", then ");
  };
  const answer = (): ReadonlyArray<Fact> => [
    { name: "Name at the provider", value: text(of("providerJobId")), code: true },
    { name: "Slot", value: text(of("slot")) },
    { name: "File", value: text(of("file")), code: true },
    { name: "Asset", value: text(of("assetId")), code: true },
  ];
  return (
    <div class="job-request">
      <Show when={props.against ?? props.job.parentJobId}>{(otherId) => <Against job={props.job} otherId={otherId()} />}</Show>
      <h3>Asked</h3>
      <Facts
        facts={[
          { name: "Operation", value: operationLabels[props.job.operation] },
          { name: "Provider", value: text(order()["providerTitle"] ?? props.job.provider) },
          { name: "Account", value: jobAccountTitle(workspace, props.job) },
          {
            name: "Estimated at",
            value: providers.isFree(props.job.provider)
              ? "free"
              : props.job.credits === 0
                ? null
                : formatPrice(props.job.credits, jobCreditType(workspace, props.job)),
          },
          { name: "If it fails there", value: elsewhere() },
          { name: "Submission key", value: text(of("submitKey")), code: true },
          { name: "Sent again safely", value: paramWords(order()["resendable"]) },
        ]}
      />
      <h3>Parameters</h3>
      <Facts facts={paramFacts(props.job.params, titles())} />
      <Show when={props.job.template}>{(template) => <Written template={template()} />}</Show>
      <Show when={props.job.inputs.length > 0}>
        <h3>Inputs</h3>
        <For each={props.job.inputs}>
          {(input) => (
            <>
              <Show when={input.assetId}>
                {(assetId) => (
                  <MediaRow
                    assetId={assetId()}
                    words={[input.role, input.name === undefined ? null : `@${input.name}`].filter((word) => word !== null).join(" ")}
                    {...(input.timeMs === undefined ? {} : { timeMs: input.timeMs })}
                  />
                )}
              </Show>
              <Show when={input.jobId}>
                {(id) => (
                  <button type="button" class="ui-link" onClick={() => openPanel("job", { jobId: id() })}>
                    {input.frame === undefined ? "The result" : `The ${input.frame} frame of the result`} of another job
                  </button>
                )}
              </Show>
            </>
          )}
        </For>
      </Show>
      <h3>Answered</h3>
      <Show when={answer().some(({ value }) => value !== null)} fallback={<p class="muted">Nothing yet.</p>}>
        <Facts facts={answer()} />
      </Show>
      <Show when={props.job.charges.length > 0}>
        <h3>Charges</h3>
        <Charges job={props.job} told={props.told} />
      </Show>
      <h3>Right now</h3>
      <Running view={props.view} />
    </div>
  );
};

const Running: Component<{ readonly view: ActorView }> = (props) => {
  const now = useNow();
  return (
    <Show
      when={props.view.effects.length + props.view.timers.length > 0}
      fallback={<p class="muted">Nothing runs and nothing is waited for.</p>}
    >
      <ul class="job-running">
        <For each={props.view.effects}>
          {(effect) => (
            <li>
              <Badge tone={effect.state === "running" ? "info" : "warn"}>{effect.state}</Badge>
              <span>{sentenceCase(spaced(effect.name))}</span>
              <span class="muted">for {formatSpan(now() - effect.startedAt)}</span>
            </li>
          )}
        </For>
        <For each={props.view.timers}>
          {(timer) => (
            <li>
              <Badge>timer</Badge>
              <span>{timerWords(timer.id)}</span>
              <span class="muted">in {formatSpan(timer.dueAt - now())}</span>
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
};

/** `xstate.after.untilDeadline.job.processing.tracking` → `Until deadline`. */
const timerWords = (id: string): string => sentenceCase(spaced(/^xstate\.after\.([^.]+)/.exec(id)?.[1] ?? id));
