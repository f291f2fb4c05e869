// The scenes that are edited in this window. A scene has one store: editors of it that are opened at the same time, and one that is opened while
// what was left in it is still being saved, have the same, so that nothing that was made earlier comes over what is made later.
import { createEffect, createMemo, createRoot, on, onCleanup } from "solid-js";
import type { Client } from "#web/store/client.ts";
import type { Session } from "#web/store/session.ts";
import { createSceneStore, type KeptStore, type SceneStore } from "./scene-store.ts";

type Kept = Pick<KeptStore, "store" | "enter" | "leave">;

const opened = new WeakMap<Client, Map<string, Kept>>();

type Who = Pick<Session, "state" | "beforeSignOut">;

const signedOut = "You signed out before it was.";

const idOf = ({ state }: Who): string | null => {
  const now = state();
  return now.kind === "signedIn" ? now.user.id : null;
};

/** Stays beyond the editor that it was made for; ends where the user is not the same any more: what is unsaved is not to be sent as another's. */
const keep = (stores: Map<string, Kept>, client: Client, id: string, session: Who): Kept =>
  createRoot((dispose) => {
    const userId = createMemo(() => idOf(session));
    const maker = userId();
    const forget = () => {
      if (stores.get(id) === kept) stores.delete(id);
    };
    const { store, enter, leave, save, part } = createSceneStore(client, id, () => {
      forget();
      stopSaving();
      dispose();
    });
    const stopSaving = session.beforeSignOut(save);
    const partIfGone = () => {
      if (idOf(session) === maker) return;
      forget();
      part(signedOut);
    };
    const kept: Kept = {
      store,
      enter,
      leave: () => {
        // The page closes its editors before any effect hears that their user has gone.
        partIfGone();
        leave();
      },
    };
    stores.set(id, kept);
    createEffect(on(userId, partIfGone, { defer: true }));
    return kept;
  }, null);

/** For an editor, as long as that lives. */
export const openScene = (client: Client, id: string, session: Who): SceneStore => {
  const stores = opened.get(client) ?? new Map<string, Kept>();
  opened.set(client, stores);
  const kept = stores.get(id) ?? keep(stores, client, id, session);
  kept.enter();
  onCleanup(kept.leave);
  return kept.store;
};
