// Asks before an account is removed, and says so where that is refused because jobs are under way there.
import { createSignal, Show, type Component } from "solid-js";
import type { Account } from "#protocol/account.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { pauseAccount, removeAccount } from "./actions.ts";

interface RemoveProps {
  /** Null: closed. */
  readonly account: Account | null;
  readonly onClose: () => void;
}

export const RemoveDialog: Component<RemoveProps> = (props) => {
  const workspace = useWorkspace();
  const [busy, setBusy] = createSignal(false);
  const [refusal, setRefusal] = createSignal<string | null>(null);
  const now = () => (props.account === null ? undefined : (workspace.accounts.row(props.account.id) ?? props.account));
  const close = () => {
    setRefusal(null);
    props.onClose();
  };
  const remove = async (account: Account) => {
    setBusy(true);
    setRefusal(null);
    const refused = await removeAccount(workspace, account);
    setBusy(false);
    if (refused === null) {
      close();
    } else {
      setRefusal(refused);
    }
  };
  return (
    <Dialog
      open={props.account !== null}
      onClose={close}
      size="s"
      title={`Remove “${props.account?.title ?? ""}”?`}
      description="Its credentials are forgotten. What was made there stays, and so does what it cost."
      actions={
        <>
          <Button onClick={close}>Keep it</Button>
          <Show when={refusal() !== null && now()?.state !== "disabled"}>
            <Button onClick={() => props.account !== null && void pauseAccount(workspace, props.account, true)}>Pause it</Button>
          </Show>
          <Button tone="danger" busy={busy()} onClick={() => props.account !== null && void remove(props.account)}>
            {refusal() === null ? "Remove" : "Try again"}
          </Button>
        </>
      }
    >
      <Show when={refusal()}>
        {(message) => (
          <p class="account-problems" role="alert">
            {message()}
          </p>
        )}
      </Show>
    </Dialog>
  );
};
