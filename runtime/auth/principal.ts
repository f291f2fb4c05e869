// Who speaks on a connection. Pure.
import type { Access } from "#protocol/define.ts";
import type { Role } from "#protocol/auth.ts";

export interface Principal {
  /** Of a player: the guest. */
  readonly userId: string;
  readonly username: string;
  /** `player`: came by a link to a story, and has no account. */
  readonly role: Role | "player";
  readonly sessionId: string;
  /** When the access token runs out, ms epoch. */
  readonly expiresAt: number;
}

const rank: Record<Access, number> = { anonymous: 0, player: 1, guest: 2, user: 3, admin: 4 };

/** Whether the principal (null: not signed in) has at least the role that a call states. */
export const mayUse = (access: Access, principal: Principal | null): boolean => rank[principal?.role ?? "anonymous"] >= rank[access];
