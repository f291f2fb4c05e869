// The scenes that are edited in this window. A scene has one store: editors of it that are opened at the same time, and one that is opened while
// what was left in it is still being saved, have the same, so that nothing that was made earlier comes over what is made later.
import { createEffect, createMemo, createRoot, on, onCleanup } from "solid-js";
import type { Client } from "#web/store/client.ts";
import type { Session } from "#web/store/session.ts";
import { createSceneStore, type KeptStore, type SceneStore } from "./scene-store.ts";

const opened = new WeakMap<Client, Map<string, KeptStore>>();

type Who = Pick<Session, "state">;

const signedOut = "You signed out before it was.";

/** Stays beyond the editor that it was made for; ends where the user is not the same any more: what is unsaved is not to be sent as another's. */
const keep = (stores: Map<string, KeptStore>, client: Client, id: string, session: Who): KeptStore =>
  createRoot((dispose) => {
    const forget = () => {
      if (stores.get(id) === kept) stores.delete(id);
    };
    const kept = createSceneStore(client, id, () => {
      forget();
      dispose();
    });
    stores.set(id, kept);
    const userId = createMemo(() => {
      const now = session.state();
      return now.kind === "signedIn" ? now.user.id : null;
    });
    createEffect(
      on(
        userId,
        () => {
          forget();
          kept.part(signedOut);
        },
        { defer: true },
      ),
    );
    return kept;
  }, null);

/** For an editor, as long as that lives. */
export const openScene = (client: Client, id: string, session: Who): SceneStore => {
  const stores = opened.get(client) ?? new Map<string, KeptStore>();
  opened.set(client, stores);
  const kept = stores.get(id) ?? keep(stores, client, id, session);
  kept.enter();
  onCleanup(kept.leave);
  return kept.store;
};
