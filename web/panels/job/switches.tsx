// Which provider took over from which, and why; oldest first.
import ArrowRightLeft from "lucide-solid/icons/arrow-right-left";
import { For, type Component } from "solid-js";
import type { Job } from "#protocol/job.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { formatMoment } from "#web/ui/format.ts";
import { Notice } from "./notice.tsx";

export const Switches: Component<{ readonly job: Job }> = (props) => {
  const { providers } = useWorkspace();
  const made = () => props.job.fallback?.switches ?? [];
  const next = (index: number) => made()[index + 1]?.provider ?? props.job.provider;
  return (
    <For each={made()}>
      {(each, index) => (
        <Notice
          tone="neutral"
          icon={ArrowRightLeft}
          title={`${providers.title(next(index()))} took over from ${providers.title(each.provider)}`}
        >
          {each.message} <time dateTime={new Date(each.at).toISOString()}>{formatMoment(each.at, Date.now())}</time>
        </Notice>
      )}
    </For>
  );
};
