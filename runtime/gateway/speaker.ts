// Who speaks on a connection: nobody, then a principal whose token runs out, whose session may be revoked, and who may change.
import { Context, Effect, type Fiber, References } from "effect";
import type { CloseReason } from "#protocol/wire/close.ts";
import type { Access } from "#protocol/define.ts";
import { CallError } from "#protocol/wire/errors.ts";
import { mayUse, type Principal } from "../auth/principal.ts";
import type { Alarm } from "./alarms.ts";
import type { CallContext, UploadSink } from "./handlers.ts";
import type { Hub } from "./hub.ts";
import type { Present } from "./presence.ts";

/** The connection, as the one who speaks on it needs it. */
export interface Spoken extends Present {
  readonly hub: Hub;
  readonly fail: (id: number, error: CallError) => void;
  readonly close: (reason: CloseReason, error?: CallError) => void;
  readonly openUpload: (sink: UploadSink) => number;
  /** Another user speaks from now on. */
  readonly userChanged: () => void;
}

export class Speaker {
  readonly #connection: Spoken;
  /** As handlers see it; replaced when anything in it changes. */
  context: CallContext;
  /** Runs effects with the names of connection and user in their log lines. */
  run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>;
  #expired = false;
  #expiry: Alarm | undefined;
  #gone = false;

  constructor(connection: Spoken, connectionId: string, ip: string) {
    this.#connection = connection;
    this.context = {
      connectionId,
      ip,
      client: "",
      principal: null,
      key: undefined,
      authenticate: (principal) => this.authenticate(principal),
      openUpload: connection.openUpload,
    };
    this.run = this.#runner();
  }

  /** What the client calls itself. */
  introduce(client: string): void {
    this.context = { ...this.context, client };
    this.run = this.#runner();
  }

  /** Lets the connection speak for a principal, or closes it where that may not be. */
  authenticate(principal: Principal): void {
    if (this.#gone) return;
    const { presence, alarms } = this.#connection.hub;
    const before = this.context.principal;
    switch (presence.enter(this.#connection, principal, before)) {
      case "revoked":
        this.#connection.close("session_revoked", sessionEnded);
        return;
      case "full":
        this.#tooMany();
        return;
      case "entered":
        break;
    }
    this.context = { ...this.context, principal };
    this.run = this.#runner();
    if (before?.userId !== principal.userId) this.#enterEverywhere(before, principal);
    if (before !== null && before.userId !== principal.userId) this.#connection.userChanged();
    this.#expired = false;
    this.#expiry?.stop();
    this.#expiry = alarms.set(Math.max(0, principal.expiresAt - alarms.wallClock()), this.#expire);
  }

  /** The other processes are asked when it speaks already: nobody waits for an answer that nearly always is yes. */
  #enterEverywhere(before: Principal | null, { userId }: Principal): void {
    const { quotas, presence } = this.#connection.hub;
    const { connectionId } = this.context;
    if (before !== null) this.run(quotas.leave(before.userId, connectionId));
    this.run(Effect.map(quotas.enter(userId, connectionId, presence.perUser), (entered) => void (entered || this.#tooMany())));
  }

  #tooMany(): void {
    const message = "You have too many connections open. Close other windows, then try again.";
    const limit = this.#connection.hub.presence.perUser;
    this.#connection.close("too_many_connections", new CallError("quota_exceeded", message, { quota: "connections", limit }));
  }

  /** Why who speaks may not use what needs this access; undefined: they may. */
  refusal(access: Access): CallError | undefined {
    const { principal } = this.context;
    if (!mayUse(access, principal)) {
      return principal === null
        ? new CallError("unauthenticated", "Sign in first.")
        : new CallError("forbidden", `This is for the role ${access} and above; you are ${principal.role}.`);
    }
    return this.#expired && access !== "anonymous"
      ? new CallError("token_expired", "The access token has expired: refresh it, then try again.")
      : undefined;
  }

  readonly #expire = (): void => {
    this.#expired = true;
    const { alarms, limits } = this.#connection.hub;
    const grace = limits.expiryGraceMs;
    this.#connection.fail(0, new CallError("token_expired", `The access token has expired: refresh it within ${grace / 1000} s.`));
    this.#expiry = alarms.set(grace, () =>
      this.#connection.close("token_expired", new CallError("token_expired", "The access token has expired.")),
    );
  };

  /** The session has ended: nothing may be asked any more. The socket follows a moment later, so that the call that did it is answered. */
  revoke(): void {
    this.#expired = true;
    setImmediate(() => this.#connection.close("session_revoked", sessionEnded));
  }

  /** The connection has ended. */
  leave(): void {
    this.#gone = true;
    this.#expiry?.stop();
    const { principal, connectionId } = this.context;
    if (principal === null) return;
    const { presence, quotas } = this.#connection.hub;
    presence.leave(this.#connection, principal);
    this.run(quotas.leave(principal.userId, connectionId));
  }

  #runner(): Speaker["run"] {
    const { principal, client, connectionId } = this.context;
    const names = {
      connection: connectionId,
      client,
      ...(principal === null ? {} : { user: principal.userId, session: principal.sessionId }),
    };
    return Effect.runForkWith(Context.add(this.#connection.hub.services, References.CurrentLogAnnotations, names));
  }
}

const sessionEnded = new CallError("session_revoked", "The session was ended. Sign in again.");
