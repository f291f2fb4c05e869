// With whom a scene is shared: given, changed and withdrawn by its owner. Whoever follows a scene and may not any more is cut off at once, in
// all processes; where that word may have been lost it is looked up.
import { Clock, Effect } from "effect";
import type { Database, Tx } from "#db/client/database.ts";
import * as query from "#db/queries/scene.ts";
import { userByLogin } from "#db/queries/user.ts";
import type { ScenePerson } from "#protocol/scene.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { makeTries } from "#runtime/auth/tries.ts";
import type { Bus } from "#runtime/bus/bus.ts";
import type { Quotas } from "#runtime/cluster/quotas.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import type { TopicHandle } from "#runtime/gateway/handlers.ts";
import { accessTo } from "./access.ts";

/** With how many others a scene can be shared. */
export const mostPeople = 100;
/** How often one user may name somebody in a minute: whose an e-mail is is told by it. */
export const namedPerMinute = 20;

const channel = (id: string): string => `scene-access:${id}`;
/** Users who may not read the scene any more. */
interface Word {
  readonly gone: ReadonlyArray<string>;
}

const withdrawn = (): CallError => new CallError("not_found", "This scene is not shared with you any more.");

/** Within a change of its owner's scenes: gives it to a user, or in another role to one who has it. */
export const grantWithin = async (
  tx: Tx,
  row: query.SceneRow,
  { userId, role }: { readonly userId: string; readonly role: query.GrantedRole },
  now: number,
): Promise<CallError | undefined> => {
  const before = accessTo(row, userId);
  if (before === role) return undefined;
  if (before === "none" && (row.grants?.length ?? 0) >= mostPeople) {
    const message = `It is shared with ${mostPeople} others, which is the most: withdraw it from somebody first.`;
    return new CallError("quota_exceeded", message, { quota: "scenePeople", limit: mostPeople });
  }
  await query.grantScene(tx, row.id, userId, role, now);
  await query.touchScene(tx, row.id);
  return undefined;
};

/** As `grantWithin`: takes it from a user again, if they have it. */
export const withdrawWithin = async (tx: Tx, row: query.SceneRow, userId: string): Promise<CallError | undefined> => {
  const before = accessTo(row, userId);
  if (before === "owner") return new CallError("conflict", "It is their own scene: nobody can take it from them.");
  if (before === "none") return undefined;
  await query.withdrawScene(tx, row.id, userId);
  await query.touchScene(tx, row.id);
  return undefined;
};

/** `readable`: fails with not_found where the user may not read the scene. */
export const makeSharing = (
  database: Database["Service"],
  bus: Bus["Service"],
  quotas: Quotas["Service"],
  readable: (id: string, userId: string) => Effect.Effect<unknown, CallError>,
) => {
  const naming = makeTries(quotas, "person", namedPerMinute);

  /** These may not read it any more. */
  const cutOff = (id: string, gone: ReadonlyArray<string>): void => {
    if (gone.length > 0) bus.publish(channel(id), { gone } satisfies Word);
  };

  /** Follows something of a scene for as long as the user may read it. */
  const whileReadable = Effect.fnUntraced(function* (id: string, userId: string, begin: Effect.Effect<TopicHandle, CallError>) {
    let why: CallError | null = null;
    let end: ((error: CallError) => void) | null = null;
    let begun = false;
    const cut = (): void => {
      if (why !== null) return;
      why = withdrawn();
      end?.(why);
    };
    // Taken anew where a word may have been lost.
    const look = readable(id, userId).pipe(
      Effect.catchIf(
        ({ code }) => begun && code === "not_found",
        () => Effect.sync(cut),
      ),
      Effect.as({}),
    );
    const guard = yield* bus.follow(channel(id), undefined, look, (message) => {
      if (message.type !== "delta") return;
      const words = JSON.parse(message.json) as ReadonlyArray<Word>;
      if (words.some(({ gone }) => gone.includes(userId))) cut();
    });
    begun = true;
    const handle = yield* Effect.onError(begin, () => Effect.sync(guard.close));
    const following: TopicHandle = {
      resync: handle.resync,
      close: () => {
        guard.close();
        handle.close();
      },
      onEnd: (told) => {
        end = told;
        if (why !== null) told(why);
      },
    };
    return following;
  });

  const people = Effect.fnUntraced(function* (id: string) {
    const rows = yield* orCallError(database.query((sql) => query.peopleOfScene(sql, id)));
    return rows.map(({ user_id: userId, name, role, granted_at: since }): ScenePerson => ({ userId, name, role, since }));
  });

  /** Whom it is to be shared with, known by user name or e-mail. Each try counts. */
  const person = Effect.fnUntraced(function* (who: string, ownerId: string) {
    yield* naming.count(ownerId, yield* Clock.currentTimeMillis);
    const [user] = yield* orCallError(database.query((sql) => userByLogin(sql, who)));
    if (user === undefined) {
      const message = `Nobody here is called “${who}”: give the user name or the e-mail with which they sign in.`;
      return yield* Effect.fail(new CallError("not_found", message));
    }
    if (user.id === ownerId) return yield* Effect.fail(new CallError("conflict", "It is your own scene: you have it already."));
    if (user.role === "guest") {
      const message = `${user.username} is a guest here, and scenes are shared with users: an administrator can make them one.`;
      return yield* Effect.fail(new CallError("conflict", message));
    }
    return user;
  });

  return { cutOff, whileReadable, people, person };
};
