// What every panel may reach: the connection, the live collections, the draft and the preferences of the signed-in user.
import { createContext, useContext, type Accessor } from "solid-js";
import type { User } from "#protocol/auth.ts";
import type { AccountsStore } from "./accounts.ts";
import type { AssetsStore } from "./assets.ts";
import type { BudgetsStore } from "./budgets.ts";
import type { Client } from "./client.ts";
import type { Connection } from "./connection.ts";
import type { Draft } from "./draft.ts";
import type { JobsStore } from "./jobs.ts";
import type { PausesStore } from "./pauses.ts";
import type { Preferences } from "./preferences.ts";
import type { ProvidersStore } from "./providers.ts";
import type { Session } from "./session.ts";
import type { UploadsStore } from "./uploads.ts";

export interface Workspace {
  readonly client: Client;
  readonly user: Accessor<User>;
  readonly connection: Connection;
  readonly jobs: JobsStore;
  readonly accounts: AccountsStore;
  readonly pauses: PausesStore;
  readonly budgets: BudgetsStore;
  readonly assets: AssetsStore;
  readonly draft: Draft;
  readonly preferences: Preferences;
  readonly providers: ProvidersStore;
  readonly session: Session;
  readonly uploads: UploadsStore;
}

export const WorkspaceContext = createContext<Workspace>();

export const useWorkspace = (): Workspace => {
  const workspace = useContext(WorkspaceContext);
  if (workspace === undefined) {
    throw new Error("useWorkspace is called outside of the workspace");
  }
  return workspace;
};
