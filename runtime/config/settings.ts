// Every setting of the server: its environment name, schema, default and unit. The only file that reads the environment.
import * as Context from "effect/Context";
import * as z from "zod";
import { trustedProxies } from "../gateway/client-address.ts";

const list = z
  .string()
  .default("")
  .transform((text) =>
    text
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ""),
  );

const flag = z.enum(["0", "1", "false", "true"]).transform((value) => value === "1" || value === "true");

const place = z
  .string()
  .regex(/^[^\s:]+:\d{1,5}$/, "must be host:port")
  .refine((text) => {
    const port = Number(text.slice(text.indexOf(":") + 1));
    return port >= 1 && port <= 65_535;
  }, "must have a port from 1 to 65535");

const loopback = /^(localhost|127(\.\d+){3})$/;

const Fields = z.object({
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
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgres:// address" }).optional(),
  /**
   * Redis through which several runners share one database: redis://, redis+cluster://host:port,host:port or
   * redis+sentinel://user:password@host,host/name?sentinelPassword=…, each with rediss for TLS. Needs DATABASE_URL and a data folder that all runners see. Without it: one process.
   */
  REDIS_URL: z
    .string()
    .regex(/^rediss?(\+cluster|\+sentinel)?:\/\/\S+$/, "must be a redis:// address")
    .optional(),
  /** host:port at which other runners reach this one. */
  PIXSIM_RUNNER: place.default("127.0.0.1:7710"),
  /** host:port where it listens for them, if that is another: behind a proxy or an address translation. */
  PIXSIM_RUNNER_LISTEN: place.optional(),
  /** Shared by all runners: traffic between them is encrypted with it, and a runner without it is refused. */
  PIXSIM_CLUSTER_SECRET: z.string().min(16, "must have at least 16 characters").optional(),
  /** Share of the actors this runner takes, relative to the others. */
  PIXSIM_RUNNER_WEIGHT: z.coerce.number().int().min(1).max(100).default(1),
  /** How long a runner may be silent until others take its actors, ms. The same on all runners. */
  PIXSIM_LOCK_EXPIRY: z.coerce.number().int().min(1000).max(60_000).default(3000),
  /** Origins besides the server's own that browsers may connect from, separated by commas. */
  PIXSIM_ORIGINS: list,
  /**
   * Addresses and networks (10.0.0.0/8) of proxies in front of the server, separated by commas: only what they say in
   * X-Forwarded-For of where a client is counts.
   */
  PIXSIM_TRUSTED_PROXIES: list.refine(
    (entries) => trustedProxies(entries) !== undefined,
    "must be IP addresses or networks like 10.0.0.0/8, separated by commas",
  ),
  PIXSIM_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  /** Renders at the same time, at most one a core; 0: as many as there are cores. */
  PIXSIM_RENDERERS: z.coerce.number().int().min(0).max(64).default(0),
  /** Connections one user may have open. */
  PIXSIM_CONNECTIONS_PER_USER: z.coerce.number().int().min(1).max(10_000).default(50),
  /**
   * Jobs of one user that may be open at the same time. This and PIXSIM_JOBS_PER_DAY, PIXSIM_ASSETS_PER_USER, PIXSIM_STORAGE_PER_USER and
   * PIXSIM_ACCOUNTS_PER_USER an administrator sets anew for single users.
   */
  PIXSIM_OPEN_JOBS_PER_USER: z.coerce.number().int().min(1).max(1_000_000).default(1000),
  /** Jobs one user may ask for on a day (UTC). */
  PIXSIM_JOBS_PER_DAY: z.coerce.number().int().min(1).max(10_000_000).default(100_000),
  /** The most urgent priority (lower goes first; 5 is the usual one) that users may ask for; administrators may ask for any. */
  PIXSIM_TOP_PRIORITY: z.coerce.number().int().min(0).max(5).default(5),
  /** Assets one user may keep outside of the trash. */
  PIXSIM_ASSETS_PER_USER: z.coerce.number().int().min(1).max(10_000_000).default(100_000),
  /** Gigabytes (10^9) that the originals of one user's assets may take, those in the trash not counted. */
  PIXSIM_STORAGE_PER_USER: z.coerce.number().positive().max(1_000_000).default(1000),
  /**
   * Folder on another disk for originals that have no room in the data folder; it must be there, and all runners must see it. What lies there
   * is in no other place: it is kept as safely as the data folder.
   */
  PIXSIM_ARCHIVE: z.string().min(1).optional(),
  /** Gigabytes (10^9) of originals that stay in the data folder; those that were not used for longest go to the archive. Left out: all stay. */
  PIXSIM_LOCAL_ORIGINALS: z.coerce.number().min(0).max(1_000_000).optional(),
  /**
   * Master keys of stored credentials instead of those in the data folder: 32 bytes each as base64, separated by commas. The first is in use,
   * the others open what they have sealed.
   */
  PIXSIM_CREDENTIAL_KEYS: list.refine(
    (keys) => keys.every((key) => Buffer.from(key, "base64").length === 32),
    "must be keys of 32 bytes in base64, separated by commas",
  ),
  /** How much faster than real time the providers with accounts live: simulators do, so they are asked so much more often, and expected to be done so much sooner. */
  PIXSIM_PROVIDER_SPEED: z.coerce.number().min(1).max(1000).default(1),
  /** Accounts at providers that one user may add; administrators may add any number. */
  PIXSIM_ACCOUNTS_PER_USER: z.coerce.number().int().min(0).max(10_000).default(5),
  /** Prefix the printed sign-in link with this URL instead of the listening address. */
  PIXSIM_PUBLIC_URL: z.url().optional(),
  /** Write a log row to the database for each line of `info` and above. */
  PIXSIM_LOG_DATABASE: flag.default(true),
  /** Collector that takes traces by OTLP over HTTP, as OpenTelemetry names it: http://127.0.0.1:4318. Without it nothing is traced. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** Headers of the requests to it: name=value,name=value, values encoded as in a URL. */
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .default("")
    .transform((list, context) => {
      const pairs = list.split(",").flatMap((pair) => (pair.trim() === "" ? [] : [/^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair)]));
      try {
        return Object.fromEntries(pairs.map((pair) => [pair![1]!, decodeURIComponent(pair![2]!)]));
      } catch {
        context.addIssue({ code: "custom", message: "must be name=value,name=value" });
        return z.NEVER;
      }
    }),
  /** Share of the calls that is traced, 0 to 1, where the client does not say so itself. */
  PIXSIM_TRACE_SHARE: z.coerce.number().min(0).max(1).default(0.05),
  /** Days that log rows are kept. */
  PIXSIM_LOG_DAYS: z.coerce.number().int().min(1).max(3650).default(30),
});

export const SettingsSchema = Fields.superRefine((settings, context) => {
  const refuse = (path: keyof z.output<typeof Fields>, message: string): void =>
    context.addIssue({ code: "custom", path: [path], message });
  if (settings.PIXSIM_LOCAL_ORIGINALS !== undefined && settings.PIXSIM_ARCHIVE === undefined)
    refuse("PIXSIM_ARCHIVE", "is needed with PIXSIM_LOCAL_ORIGINALS: nothing leaves the data folder that is in no other place");
  if (settings.REDIS_URL === undefined) return;
  if (settings.DATABASE_URL === undefined) refuse("DATABASE_URL", "is needed with REDIS_URL: the embedded database serves one process");
  if (settings.PIXSIM_CLUSTER_SECRET !== undefined) return;
  for (const name of ["PIXSIM_RUNNER", "PIXSIM_RUNNER_LISTEN"] as const) {
    const address = settings[name];
    if (address === undefined || loopback.test(address.split(":")[0] ?? "")) continue;
    return refuse("PIXSIM_CLUSTER_SECRET", `is needed where runners meet beyond this machine (${name} is ${address})`);
  }
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
