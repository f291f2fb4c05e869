// What a person can do about their account: password, other devices, signing out.
import Gauge from "lucide-solid/icons/gauge";
import KeyRound from "lucide-solid/icons/key-round";
import LogOut from "lucide-solid/icons/log-out";
import MonitorSmartphone from "lucide-solid/icons/monitor-smartphone";
import { createEffect, createResource, createSignal, For, Show, type Component } from "solid-js";
import type { User } from "#protocol/auth.ts";
import { openPanel } from "#web/dock/panel.ts";
import { sentenceOf } from "#web/store/problem.ts";
import type { Session, Unsaved } from "#web/store/session.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { FailedState } from "#web/ui/failed-state.tsx";
import { Badge, Skeleton } from "#web/ui/feedback.tsx";
import { formatCount, formatFull } from "#web/ui/format.ts";
import type { MenuItem } from "#web/ui/menu.tsx";
import { TextField } from "#web/ui/text-field.tsx";
import { toast } from "#web/ui/toast.tsx";
import "./account.css";

const [open, setOpen] = createSignal<"password" | "devices" | "leaving" | null>(null);
/** What kept somebody from signing out. Null: it is being saved. */
const [unsaved, setUnsaved] = createSignal<ReadonlyArray<Unsaved> | null>(null);
/** What is saved faster than this is not spoken of, ms. */
const saysSavingAfterMs = 250;

/** Saves first what is not saved; asks where something could not be, or may not have been. */
const signOut = async (session: Session) => {
  setUnsaved(null);
  const say = setTimeout(() => setOpen("leaving"), saysSavingAfterMs);
  const left = await session
    .signOut()
    .catch((error: unknown) => [{ title: "What you changed last may not have been saved", detail: sentenceOf(error) }])
    .finally(() => clearTimeout(say));
  setUnsaved(left);
  setOpen(left.length > 0 ? "leaving" : null);
};

export const accountItems = (user: User, session: Session): ReadonlyArray<MenuItem> => [
  { label: user.hasPassword ? "Change password" : "Choose a password", icon: KeyRound, onSelect: () => setOpen("password") },
  { label: "Signed-in devices", icon: MonitorSmartphone, onSelect: () => setOpen("devices") },
  { label: "Limits", icon: Gauge, onSelect: () => openPanel("limits", {}) },
  "separator",
  { label: `Sign out ${user.username}`, icon: LogOut, onSelect: () => void signOut(session) },
];

/** The dialogs behind the account menu. */
export const AccountDialogs: Component = () => (
  <>
    <Dialog
      open={open() === "password"}
      onClose={() => setOpen(null)}
      title="Password"
      size="s"
      description="Your other devices are signed out."
    >
      <PasswordForm onDone={() => setOpen(null)} />
    </Dialog>
    <Dialog open={open() === "devices"} onClose={() => setOpen(null)} title="Signed-in devices">
      <Devices />
    </Dialog>
    <Leaving />
  </>
);

/** Between a person and the door while something of theirs is not saved. */
const Leaving: Component = () => {
  const { session } = useWorkspace();
  const stay = () => setOpen(null);
  return (
    <Dialog
      open={open() === "leaving"}
      onClose={() => unsaved() !== null && stay()}
      title={unsaved() === null ? "Saving before you are signed out" : "Not everything is saved"}
      size="s"
      actions={
        <Show when={unsaved() !== null}>
          <Button
            tone="danger"
            onClick={() => {
              stay();
              void session.signOut(true);
            }}
          >
            Sign out without it
          </Button>
          <Button tone="primary" onClick={stay}>
            Stay
          </Button>
        </Show>
      }
    >
      <Show when={unsaved()} fallback={<p>This takes a few seconds at most.</p>}>
        {(each) => (
          <ul class="leaving">
            <For each={each()}>
              {({ title, detail }) => (
                <li>
                  <strong>{title}</strong>
                  <span class="muted">{detail}</span>
                </li>
              )}
            </For>
          </ul>
        )}
      </Show>
    </Dialog>
  );
};

const PasswordForm: Component<{ readonly onDone: () => void }> = (props) => {
  const { user, session } = useWorkspace();
  const [current, setCurrent] = createSignal("");
  const [next, setNext] = createSignal("");
  const [problem, setProblem] = createSignal<string | undefined>();
  const [busy, setBusy] = createSignal(false);
  createEffect(() => {
    next();
    setProblem(undefined);
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (next().length < 8 || next().length > 100) {
      setProblem("A password has 8 to 100 characters.");
      return;
    }
    setBusy(true);
    session.setPassword(next(), user().hasPassword ? current() : undefined).then(
      () => {
        toast("The password is set", { tone: "ok" });
        props.onDone();
      },
      (error: unknown) => {
        setBusy(false);
        setProblem(sentenceOf(error));
      },
    );
  };
  return (
    <form class="ui-form" onSubmit={submit} noValidate>
      <input type="text" name="username" autocomplete="username" value={user().username} hidden readOnly />
      <Show when={user().hasPassword}>
        <TextField label="Present password" type="password" autocomplete="current-password" value={current()} onInput={setCurrent} />
      </Show>
      <TextField
        label="New password"
        help="At least 8 characters."
        type="password"
        autocomplete="new-password"
        value={next()}
        onInput={setNext}
        error={problem()}
      />
      <Button type="submit" tone="primary" busy={busy()}>
        Set password
      </Button>
    </form>
  );
};

const Devices: Component = () => {
  const { client } = useWorkspace();
  const [sessions, { refetch }] = createResource(async () => (await client.call("auth.sessions", {})).sessions);
  const end = (sessionId?: string) => {
    client.call("auth.revoke", sessionId === undefined ? {} : { sessionId }).then(
      ({ ended }) => {
        toast(`${formatCount(ended, "session")} ended`, { tone: "ok" });
        void refetch();
      },
      (error: unknown) => toast("The session could not be ended", { tone: "bad", detail: sentenceOf(error) }),
    );
  };
  const rows = () => (sessions.error === undefined ? (sessions() ?? []) : []);
  return (
    <Show
      when={sessions.error === undefined}
      fallback={<FailedState title="The list did not come" problem={sentenceOf(sessions.error)} onRetry={() => void refetch()} />}
    >
      <ul class="devices">
        <For each={rows()} fallback={<Skeleton class="device-loading" />}>
          {(session) => (
            <li>
              <div>
                <strong class="truncate">{session.client}</strong>
                <span class="muted">
                  {session.ip} · last used {formatFull(session.lastUsedAt)}
                </span>
              </div>
              <Show when={!session.current} fallback={<Badge tone="ok">This device</Badge>}>
                <Button size="s" onClick={() => end(session.id)}>
                  Sign out
                </Button>
              </Show>
            </li>
          )}
        </For>
      </ul>
      <Show when={rows().length > 1}>
        <Button tone="danger" onClick={() => end()}>
          Sign out all other devices
        </Button>
      </Show>
    </Show>
  );
};
