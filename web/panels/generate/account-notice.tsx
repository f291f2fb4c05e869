// Says that jobs of the chosen provider would wait, since there is no account on which they could be made, and leads to where that is mended.
import KeyRound from "lucide-solid/icons/key-round";
import { Show, type Component } from "solid-js";
import type { ProviderSpec } from "#protocol/job.ts";
import { openPanel } from "#web/dock/panel.ts";
import type { Readiness } from "#web/store/accounts.ts";
import { Button } from "#web/ui/button.tsx";

interface NoticeProps {
  readonly provider: ProviderSpec;
  readonly readiness: Readiness;
}

export const AccountNotice: Component<NoticeProps> = (props) => {
  const words = (): string | null => {
    const { readiness, provider } = props;
    switch (readiness.kind) {
      case "ready":
        return null;
      case "none":
        return `${provider.title} needs an account of yours, and there is none yet.`;
      case "unusable":
        return `No account at ${provider.title} takes jobs now: they would wait.${readiness.reason === null ? "" : ` ${readiness.reason}`}`;
    }
  };
  return (
    <Show when={words()}>
      {(text) => (
        <div class="generate-notice" role="status">
          <KeyRound size={15} aria-hidden="true" />
          <span>{text()}</span>
          <Button size="s" onClick={() => openPanel("accounts", { provider: props.provider.id })}>
            {props.readiness.kind === "none" ? "Add an account" : "Show accounts"}
          </Button>
        </div>
      )}
    </Show>
  );
};
