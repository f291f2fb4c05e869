// Signing in, sessions, users. Pure.
import * as z from "zod";
import { call, domain } from "./define.ts";
import { Id, Time } from "./values.ts";

export const Role = z.enum(["guest", "user", "admin"]);
export type Role = z.infer<typeof Role>;

/** E-mail or user name. */
export const Login = z.string().min(3).max(200);
export const Password = z.string().min(8).max(100);

export const User = z.object({
  id: Id,
  username: z.string(),
  email: z.string().nullable(),
  role: Role,
  /** False until the user has chosen one: then only links and sessions let them in. */
  hasPassword: z.boolean(),
  createdAt: Time,
});
export type User = z.infer<typeof User>;

/** What a sign-in gives. The connection on which it was asked for is signed in at once. */
export const Grant = z.object({
  user: User,
  sessionId: Id,
  /** Short-lived; goes into `hello` of the next connection. */
  accessToken: z.string(),
  accessExpiresAt: Time,
  /** Single use: `auth.refresh` answers the next one. Using one twice ends the session. */
  refreshToken: z.string(),
  refreshExpiresAt: Time,
});
export type Grant = z.infer<typeof Grant>;

export const Session = z.object({
  id: Id,
  client: z.string(),
  ip: z.string(),
  createdAt: Time,
  lastUsedAt: Time,
  expiresAt: Time,
  current: z.boolean(),
});
export type Session = z.infer<typeof Session>;

const sampleUser = {
  id: "usr_1",
  username: "ada",
  email: "ada@example.org",
  role: "admin" as const,
  hasPassword: true,
  createdAt: 1764000000000,
};
const sampleGrant = {
  user: sampleUser,
  sessionId: "ses_1",
  accessToken: "eyJ…",
  accessExpiresAt: 1764000900000,
  refreshToken: "r1.…",
  refreshExpiresAt: 1766592000000,
};

export const auth = domain({
  name: "auth",
  summary: "Signing in, sessions and users.",
  calls: {
    signIn: call({
      summary: "Signs in with e-mail or user name and password.",
      access: "anonymous",
      input: z.object({ login: Login, password: z.string().max(100) }),
      output: Grant,
      mutation: false,
      errors: ["invalid_credentials"],
      example: { input: { login: "ada", password: "correct horse" }, output: sampleGrant },
    }),
    redeem: call({
      summary: "Signs in with a one-time sign-in link's token.",
      access: "anonymous",
      input: z.object({ token: z.string().min(20).max(200) }),
      output: Grant,
      mutation: false,
      errors: ["invalid_credentials"],
      example: { input: { token: "k3vX0mP2c9QwLr7TzB1uYfGh4sJdNaVeKo5iRx8CtWA" }, output: sampleGrant },
    }),
    refresh: call({
      summary: "Trades a refresh token for new tokens and re-authenticates the connection.",
      access: "anonymous",
      input: z.object({ refreshToken: z.string().max(400) }),
      output: Grant,
      mutation: false,
      errors: ["session_revoked"],
      example: { input: { refreshToken: "r1.…" }, output: sampleGrant },
    }),
    me: call({
      summary: "The signed-in user.",
      access: "guest",
      input: z.object({}),
      output: User,
      mutation: false,
      errors: [],
      example: { input: {}, output: sampleUser },
    }),
    setPassword: call({
      summary: "Sets the own password; `current` is needed where one is set. Ends the other sessions.",
      access: "guest",
      input: z.object({ current: z.string().max(100).optional(), password: Password }),
      output: z.object({}),
      mutation: false,
      errors: ["invalid_credentials"],
      example: { input: { password: "correct horse" }, output: {} },
    }),
    sessions: call({
      summary: "Own sessions, most recently used first.",
      access: "guest",
      input: z.object({}),
      output: z.object({ sessions: z.array(Session) }),
      mutation: false,
      errors: [],
      example: {
        input: {},
        output: {
          sessions: [
            {
              id: "ses_1",
              client: "web",
              ip: "127.0.0.1",
              createdAt: 1764000000000,
              lastUsedAt: 1764000000000,
              expiresAt: 1766592000000,
              current: true,
            },
          ],
        },
      },
    }),
    revoke: call({
      summary: "Ends one own session, or all others; their connections close at once.",
      access: "guest",
      input: z.object({
        /** Absent: all but the current one. */
        sessionId: Id.optional(),
      }),
      output: z.object({ ended: z.int() }),
      mutation: false,
      errors: ["not_found"],
      example: { input: { sessionId: "ses_2" }, output: { ended: 1 } },
    }),
    signOut: call({
      summary: "Ends the current session and closes its connections.",
      access: "guest",
      input: z.object({}),
      output: z.object({}),
      mutation: false,
      errors: [],
      example: { input: {}, output: {} },
    }),
    createUser: call({
      summary: "Adds a user; answers a one-time sign-in link token for them.",
      access: "admin",
      input: z.object({ username: z.string().regex(/^[A-Za-z0-9_.-]{3,50}$/), email: z.email().max(200).optional(), role: Role }),
      output: z.object({ user: User, token: z.string() }),
      mutation: true,
      errors: ["conflict"],
      example: {
        input: { username: "grace", role: "user" },
        output: { user: sampleUser, token: "k3vX0mP2c9QwLr7TzB1uYfGh4sJdNaVeKo5iRx8CtWA" },
      },
    }),
    users: call({
      summary: "All users.",
      access: "admin",
      input: z.object({}),
      output: z.object({ users: z.array(User) }),
      mutation: false,
      errors: [],
      example: { input: {}, output: { users: [sampleUser] } },
    }),
    preferences: call({
      summary: "What the clients have kept for this user (layout, theme, presets).",
      access: "guest",
      input: z.object({}),
      output: z.object({ preferences: z.record(z.string(), z.unknown()) }),
      mutation: false,
      errors: [],
      example: { input: {}, output: { preferences: { theme: "dark" } } },
    }),
    savePreferences: call({
      summary: "Merges keys into the preferences; null removes a key. At most 128 KiB in all.",
      access: "guest",
      input: z.object({ set: z.record(z.string().min(1).max(60), z.unknown()) }),
      output: z.object({}),
      mutation: false,
      errors: ["payload_too_large"],
      example: { input: { set: { theme: "dark" } }, output: {} },
    }),
  },
  streams: {},
  topics: {},
});
