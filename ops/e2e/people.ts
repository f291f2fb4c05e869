// Who speaks to a server in tests: sessions of the first admin and of users they add, and bare sockets that speak for one, so that
// a test can send what no proper client would.
import type { Grant, Role } from "#protocol/auth.ts";
import { type Client, connect } from "#protocol/client/client.ts";
import { TestClient } from "#runtime/gateway/testing.ts";
import type { RunningServer } from "./server.ts";

const socketUrl = ({ port }: Pick<RunningServer, "port">): string => `ws://127.0.0.1:${port}/ws`;

/** A socket on which nothing was said. */
export const dial = (server: Pick<RunningServer, "port">): Promise<TestClient> => TestClient.open(socketUrl(server), {});

/** A socket that is welcome; without a grant: anonymous. */
export const enter = async (server: Pick<RunningServer, "port">, grant?: Grant): Promise<TestClient> => {
  const client = await dial(server);
  client.send({ t: "hello", versions: [1], client: "e2e", ...(grant === undefined ? {} : { token: grant.accessToken }) });
  await client.take("welcome");
  return client;
};

/** Calls once, on a socket of its own. Rejects with CallError. */
const ask = async <T>(server: Pick<RunningServer, "port">, run: (client: Client) => Promise<T>, grant?: Grant): Promise<T> => {
  const client = typedClient(server, grant);
  try {
    return await run(client);
  } finally {
    client.close();
  }
};

/** The typed client; with a grant it speaks for its user and renews the grant in place. */
export const typedClient = (server: Pick<RunningServer, "port">, grant?: Grant): Client =>
  connect({
    url: socketUrl(server),
    client: "e2e",
    ...(grant === undefined
      ? {}
      : {
          credentials: {
            access: () => ({ token: grant.accessToken, expiresAt: grant.accessExpiresAt }),
            canRenew: () => true,
            renew: async (call) => void Object.assign(grant, await call("auth.refresh", { refreshToken: grant.refreshToken })),
          },
        }),
  });

/** The first admin, by the link that the server printed. */
export const firstAdmin = async (server: RunningServer): Promise<Grant> => {
  const token = new URL((await server.signInLink()).replace("#/", "")).searchParams.get("token") ?? "";
  return ask(server, (client) => client.call("auth.redeem", { token }));
};

export const addUser = async (server: RunningServer, admin: Grant, username: string, role: Role = "user"): Promise<Grant> => {
  const { token } = await ask(server, (client) => client.call("auth.createUser", { username, role }), admin);
  return ask(server, (client) => client.call("auth.redeem", { token }));
};
