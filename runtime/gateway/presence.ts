// Who is connected: the connections by user, for their limit, and by session, for ending them when it is revoked.
import type { Principal } from "../auth/principal.ts";

/** Ended sessions remembered, so that a token whose check was under way when its session ended does not slip in. */
const rememberedSessions = 10_000;

export interface Present {
  readonly revoke: () => void;
}

const add = (map: Map<string, Set<Present>>, key: string, who: Present): void => {
  const there = map.get(key);
  if (there === undefined) map.set(key, new Set([who]));
  else there.add(who);
};

const remove = (map: Map<string, Set<Present>>, key: string, who: Present): void => {
  const there = map.get(key);
  if (there?.delete(who) === true && there.size === 0) map.delete(key);
};

export class Presence {
  readonly #users = new Map<string, Set<Present>>();
  readonly #sessions = new Map<string, Set<Present>>();
  readonly #revoked = new Set<string>();
  /** Connections one user may have. */
  readonly perUser: number;

  constructor(perUser: number) {
    this.perUser = perUser;
  }

  /** Lets a connection speak for a principal, in place of the one it spoke for. */
  enter(who: Present, principal: Principal, before: Principal | null): "entered" | "revoked" | "full" {
    if (this.#revoked.has(principal.sessionId)) return "revoked";
    if (before?.userId !== principal.userId && (this.#users.get(principal.userId)?.size ?? 0) >= this.perUser) return "full";
    if (before !== null) this.leave(who, before);
    add(this.#users, principal.userId, who);
    add(this.#sessions, principal.sessionId, who);
    return "entered";
  }

  leave(who: Present, principal: Principal): void {
    remove(this.#users, principal.userId, who);
    remove(this.#sessions, principal.sessionId, who);
  }

  revoke(sessionId: string): void {
    this.#revoked.add(sessionId);
    if (this.#revoked.size > rememberedSessions) {
      for (const oldest of this.#revoked) {
        this.#revoked.delete(oldest);
        break;
      }
    }
    for (const who of this.#sessions.get(sessionId) ?? []) who.revoke();
  }
}
