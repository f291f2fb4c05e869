// Every setting of the server: its environment name, schema, default and unit. The only file that reads the environment.
import { Context } from "effect";
import * as z from "zod";

const flag = z.enum(["0", "1", "false", "true"]).transform((value) => value === "1" || value === "true");

export const SettingsSchema = z.object({
  /** Which installation this is: the `env` of its log lines. */
  PIXSIM_ENV: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,39}$/)
    .default("production"),
  /** Folder of database, blobs, secrets. */
  PIXSIM_DATA: z.string().min(1).default("./data"),
  PIXSIM_HOST: z.string().min(1).default("127.0.0.1"),
  /** TCP port; 0: any free one. */
  PIXSIM_PORT: z.coerce.number().int().min(0).max(65535).default(7700),
  /** `auto`: uWebSockets.js where it loads, else ws. */
  PIXSIM_TRANSPORT: z.enum(["auto", "uws", "ws"]).default("auto"),
  /** PostgreSQL to use instead of the embedded database. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** Origins besides the server's own that browsers may connect from, separated by commas. */
  PIXSIM_ORIGINS: z
    .string()
    .default("")
    .transform((list) =>
      list
        .split(",")
        .map((origin) => origin.trim())
        .filter((origin) => origin !== ""),
    ),
  PIXSIM_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  /** Renders at the same time, at most one a core; 0: as many as there are cores. */
  PIXSIM_RENDERERS: z.coerce.number().int().min(0).max(64).default(0),
  /** Connections one user may have open. */
  PIXSIM_CONNECTIONS_PER_USER: z.coerce.number().int().min(1).max(10_000).default(50),
  /** Jobs of one user that may be open at the same time. */
  PIXSIM_OPEN_JOBS_PER_USER: z.coerce.number().int().min(1).max(1_000_000).default(1000),
  /** Prefix the printed sign-in link with this URL instead of the listening address. */
  PIXSIM_PUBLIC_URL: z.url().optional(),
  /** Write a log row to the database for each line of `info` and above. */
  PIXSIM_LOG_DATABASE: flag.default(true),
  /** Days that log rows are kept. */
  PIXSIM_LOG_DAYS: z.coerce.number().int().min(1).max(3650).default(30),
});

export type SettingsShape = z.output<typeof SettingsSchema>;

export class Settings extends Context.Service<Settings, SettingsShape>()("pixsim/runtime/Settings") {}

/** Reads and checks the environment. Throws an Error whose message names each bad setting. */
export const readSettings = (environment: Readonly<Record<string, string | undefined>>): SettingsShape => {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = SettingsSchema.safeParse(present);
  if (parsed.success) return parsed.data;
  throw new Error(`Bad settings:\n${parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`).join("\n")}`);
};
