// Sets up what lives as long as one user is signed in: the live collections, the draft, the preferences; then shows the shell.
import { createEffect, on, type Accessor, type Component } from "solid-js";
import type { User } from "#protocol/auth.ts";
import { createAccountsStore } from "#web/store/accounts.ts";
import { createAssetsStore } from "#web/store/assets.ts";
import type { Connection } from "#web/store/connection.ts";
import { createBudgetsStore } from "#web/store/budgets.ts";
import { createDraft } from "#web/store/draft.ts";
import { createJobsStore } from "#web/store/jobs.ts";
import { followClock } from "#web/store/now.ts";
import { createPausesStore } from "#web/store/pauses.ts";
import { createPreferences } from "#web/store/preferences.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { createProviders } from "#web/store/providers.ts";
import type { Session } from "#web/store/session.ts";
import { createUploads } from "#web/store/uploads.ts";
import { WorkspaceContext, type Workspace } from "#web/store/workspace.ts";
import { ContextMenuLayer } from "#web/ui/menu.tsx";
import { toast } from "#web/ui/toast.tsx";
import { AccountDialogs } from "./account.tsx";
import { announceBudgets } from "./announce-budgets.ts";
import { announceEnds } from "./announce-ends.ts";
import { Shell } from "./shell.tsx";
import { isTheme, setTheme, theme } from "./theme.ts";

interface SignedInProps {
  readonly connection: Connection;
  readonly session: Session;
  readonly user: Accessor<User | null>;
}

const SignedIn: Component<SignedInProps> = (props) => {
  const { connection, session } = props;
  // The last known one while the page says goodbye.
  let known = props.user();
  const user = (): User => {
    known = props.user() ?? known;
    if (known === null) {
      throw new Error("The workspace was opened without a user");
    }
    return known;
  };
  const preferences = createPreferences(connection.client, user().id, (error) =>
    toast("Your layout and presets are kept in this browser only", { tone: "warn", detail: sentenceOf(error) }),
  );
  // The theme follows the user to other browsers; there it is applied once, when the preferences arrive.
  createEffect(
    on(preferences.loaded, (loaded) => {
      const kept = preferences.get("theme");
      if (loaded && isTheme(kept)) {
        setTheme(kept);
      }
    }),
  );
  createEffect(
    on(theme, (now) => preferences.loaded() && preferences.get("theme") !== now && preferences.set("theme", now), { defer: true }),
  );

  // Another server may answer the next connection, and a clock be set meanwhile.
  createEffect(() => connection.state().kind === "live" && void followClock(connection.client));

  const assets = createAssetsStore(connection.client);
  const jobs = createJobsStore(connection.client);
  const workspace: Workspace = {
    client: connection.client,
    connection,
    session,
    user,
    jobs,
    accounts: createAccountsStore(connection.client),
    pauses: createPausesStore(connection.client),
    budgets: createBudgetsStore(connection.client, jobs, () => user().role === "admin"),
    assets,
    uploads: createUploads(connection.client, assets, user().id),
    draft: createDraft(),
    preferences,
    providers: createProviders(connection.client),
  };
  announceEnds(workspace.jobs);
  announceBudgets(workspace.budgets, user().id);
  return (
    <WorkspaceContext.Provider value={workspace}>
      <Shell />
      <AccountDialogs />
      <ContextMenuLayer />
    </WorkspaceContext.Provider>
  );
};

export default SignedIn;
