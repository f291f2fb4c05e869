// Renders a panel as the workspace would, over the in-memory client of the tests.
import { cleanup, render } from "@solidjs/testing-library";
import { createSignal, type JSX } from "solid-js";
import { afterEach, beforeEach } from "vitest";
import { auth, type User } from "#protocol/auth.ts";
import { setOpener } from "#web/dock/panel.ts";
import { createAccountsStore } from "#web/store/accounts.ts";
import { createAssetsStore } from "#web/store/assets.ts";
import { createBudgetsStore } from "#web/store/budgets.ts";
import { createDraft } from "#web/store/draft.ts";
import { createJobsStore } from "#web/store/jobs.ts";
import { createPausesStore } from "#web/store/pauses.ts";
import { createPreferences } from "#web/store/preferences.ts";
import { createProviders } from "#web/store/providers.ts";
import { memoryClient } from "#web/store/testing.ts";
import { createUploads } from "#web/store/uploads.ts";
import { WorkspaceContext, type Workspace } from "#web/store/workspace.ts";
import { ContextMenuLayer } from "#web/ui/menu.tsx";
import { ToastLayer } from "#web/ui/toast.tsx";

/** Every panel that is opened during a test, as `id params`; emptied before each. */
export const recordOpened = (): ReadonlyArray<string> => {
  const opened: Array<string> = [];
  let withdraw: () => void;
  beforeEach(() => {
    opened.length = 0;
    withdraw = setOpener((id, params) => void opened.push(`${id} ${JSON.stringify(params)}`));
  });
  afterEach(() => {
    cleanup();
    withdraw();
  });
  return opened;
};

type Handlers = Parameters<typeof memoryClient>[0];

export const renderInWorkspace = (
  handlers: Handlers,
  view: () => JSX.Element,
  signedIn: Partial<User> = {},
): { readonly client: ReturnType<typeof memoryClient>; readonly workspace: Workspace; readonly container: HTMLElement } => {
  const client = memoryClient({
    "auth.preferences": () => ({ preferences: {} }),
    "auth.savePreferences": () => ({}),
    ...handlers,
  });
  const user = { ...auth.calls.me.example.output, ...signedIn };
  let workspace: Workspace | undefined;
  const { container } = render(() => {
    const [state] = createSignal({ kind: "live" as const });
    const assets = createAssetsStore(client);
    const jobs = createJobsStore(client);
    const made: Workspace = {
      client,
      user: () => user,
      connection: {
        client,
        state,
        retryNow: () => undefined,
        onUser: () => () => undefined,
        user: () => user.id,
        keepGrant: () => undefined,
        forget: () => undefined,
      },
      session: {
        state: () => ({ kind: "signedIn", user }),
        signIn: () => Promise.resolve(),
        redeem: () => Promise.resolve(),
        setPassword: () => Promise.resolve(),
        signOut: () => Promise.resolve([]),
        beforeSignOut: () => () => undefined,
      },
      jobs,
      accounts: createAccountsStore(client),
      pauses: createPausesStore(client),
      budgets: createBudgetsStore(client, jobs, () => user.role === "admin"),
      assets,
      uploads: createUploads(client, assets, user.id),
      draft: createDraft(),
      preferences: createPreferences(client, user.id, () => undefined),
      providers: createProviders(client),
    };
    workspace = made;
    return (
      <WorkspaceContext.Provider value={made}>
        {view()}
        <ContextMenuLayer />
        <ToastLayer />
      </WorkspaceContext.Provider>
    );
  });
  if (workspace === undefined) {
    throw new Error("the workspace was not made");
  }
  return { client, workspace, container };
};
