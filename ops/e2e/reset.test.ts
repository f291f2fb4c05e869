// `npm start -- --reset-admin`: how a person who has lost access gets it back, and whoever has it loses it.
import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { freshDataFolder } from "#db/client/testing.ts";
import { closeCodes } from "#protocol/wire/close.ts";
import { dial, firstAdmin, typedClient } from "./people.ts";
import { startServer } from "./server.ts";

test(
  "after a restart with it the old session has ended, the old link stays used, and the new link signs in",
  { timeout: 240_000 },
  async () => {
    const data = await freshDataFolder();
    let server = await startServer({ data });
    try {
      const oldLink = await server.signInLink();
      const old = await firstAdmin(server);
      await server.kill();

      // A restart alone ends nothing, and prints no link.
      server = await startServer({ data });
      const still = typedClient(server, old);
      expect((await still.call("auth.me", {})).id).toBe(old.user.id);
      still.close();
      await server.kill();
      expect(server.output()).not.toContain("Sign in");

      server = await startServer({ data, args: ["--reset-admin"] });
      const newLink = await server.signInLink();
      expect(newLink).not.toBe(oldLink);
      const fresh = await firstAdmin(server);
      expect(fresh.user.id).toBe(old.user.id);

      const anonymous = typedClient(server);
      await expect(anonymous.call("auth.refresh", { refreshToken: old.refreshToken })).rejects.toMatchObject({ code: "session_revoked" });
      for (const link of [oldLink, newLink]) {
        const token = new URL(link.replace("#/", "")).searchParams.get("token") ?? "";
        await expect(anonymous.call("auth.redeem", { token })).rejects.toMatchObject({ code: "invalid_credentials" });
      }
      anonymous.close();
      const held = await dial(server);
      held.send({ t: "hello", versions: [1], client: "e2e", token: old.accessToken });
      expect((await held.closed).code).toBe(closeCodes.session_revoked.code);

      const client = typedClient(server, fresh);
      const { sessions } = await client.call("auth.sessions", {});
      expect(sessions.map(({ id }) => id)).toEqual([fresh.sessionId]);
      client.close();
    } finally {
      await server.kill("SIGKILL");
      await rm(data, { recursive: true, force: true });
    }
  },
);
