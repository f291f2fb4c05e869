// How an asset came about: the request that made it with ways to ask again, or the upload.
import RefreshCcwDot from "lucide-solid/icons/refresh-ccw-dot";
import SlidersHorizontal from "lucide-solid/icons/sliders-horizontal";
import Workflow from "lucide-solid/icons/workflow";
import { createResource, Show, type Component } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import type { Job } from "#protocol/job.ts";
import { openPanel } from "#web/dock/panel.ts";
import { readFields } from "#web/panels/generate/schema.ts";
import { retryJobs } from "#web/panels/jobs/actions.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { Facts } from "#web/ui/facts.tsx";
import { operationLabels } from "#web/ui/job-state.tsx";
import { paramFacts } from "#web/ui/param-facts.ts";

/** The prompt stands above them. */
const withoutPrompt = ({ prompt: _, ...params }: Job["params"]): Job["params"] => params;

export const Origin: Component<{ readonly asset: Asset }> = (props) => {
  const workspace = useWorkspace();
  const { client, jobs, draft, providers } = workspace;
  providers.ensure();
  const titlesOf = ({ provider, operation }: Job) => readFields(providers.operation(provider, operation)?.params ?? {});
  const jobId = () => (props.asset.origin.kind === "generation" ? props.asset.origin.jobId : null);
  const [read] = createResource(jobId, async (id) => {
    const job = jobs.peek(id) ?? (await client.call("jobs.get", { id }));
    jobs.put([job]);
    return job;
  });
  // A job that is gone leaves the prompt, which the asset keeps itself.
  const job = () => (read.error === undefined ? read.latest : undefined);
  return (
    <Show when={jobId()}>
      {(id) => (
        <>
          <h3>Asked for</h3>
          <Show when={props.asset.prompt}>{(prompt) => <p class="asset-prompt">{prompt()}</p>}</Show>
          <Show when={job()}>
            {(known) => (
              <>
                <Facts
                  facts={[
                    { name: "Operation", value: operationLabels[known().operation] },
                    { name: "Provider", value: providers.title(known().provider) },
                    ...paramFacts(withoutPrompt(known().params), titlesOf(known())),
                  ]}
                />
                <div class="asset-row">
                  <Button size="s" icon={RefreshCcwDot} onClick={() => void retryJobs(workspace, [id()], true)}>
                    Again with a new seed
                  </Button>
                  <Button
                    size="s"
                    icon={SlidersHorizontal}
                    onClick={() => {
                      draft.fromJob(known());
                      openPanel("generate", {});
                    }}
                  >
                    Use these settings
                  </Button>
                  <Button size="s" tone="ghost" icon={Workflow} onClick={() => openPanel("job", { jobId: id() })}>
                    Its job
                  </Button>
                </div>
              </>
            )}
          </Show>
        </>
      )}
    </Show>
  );
};
