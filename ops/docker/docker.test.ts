// What the files for Docker say to each other and to the program: no name, port or address of theirs goes astray.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { readSettings, SettingsSchema } from "#runtime/config/settings.ts";

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), "utf8");

/** The part of the compose file that is about one service. */
const service = (compose: string, name: string): string => new RegExp(`^ {2}${name}:\n((?: {3}.*\n|\n)*)`, "m").exec(compose)?.[1] ?? "";

/** As compose fills it in where nothing but what must be given is given. */
const filledIn = (value: string): string =>
  value.replace(/\$\{\w+:([?-])([^}]*)\}/g, (_, way, text: string) => (way === "-" ? text : "given0123456789abcdef"));

const files = async () => {
  const [compose, dockerfile, nginx] = await Promise.all([read("../../docker-compose.yml"), read("Dockerfile"), read("nginx.conf")]);
  const runner = service(compose, "runner");
  const set = [...runner.matchAll(/^ {6}([A-Z_]+): (.*)$/gm)].map(([, name = "", value = ""]) => [name, filledIn(value)] as const);
  const inImage = [...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? "").matchAll(/(\w+)=(\S+)/g)].map(
    ([, name = "", value = ""]) => [name, value] as const,
  );
  return { compose, dockerfile, nginx, runner, environment: Object.fromEntries([...inImage, ...set]) };
};

test("what runners are given is what the program reads, and it takes the values", async () => {
  const { environment } = await files();
  const { NODE_ENV, ...settings } = environment;
  expect(NODE_ENV).toBe("production");
  expect(Object.keys(settings)).toContain("DATABASE_URL");
  for (const name of Object.keys(settings)) expect(Object.keys(SettingsSchema.shape)).toContain(name);
  expect(readSettings({ ...settings, PIXSIM_RUNNER: "10.77.0.130:7710" })).toMatchObject({
    PIXSIM_HOST: "0.0.0.0",
    PIXSIM_ORIGINS: ["http://localhost:8080"],
    PIXSIM_PUBLIC_URL: "http://localhost:8080",
  });
});

test("nginx finds the runners where they listen, and they know it by its address", async () => {
  const { compose, dockerfile, nginx, environment } = await files();
  expect(nginx).toContain(`server runner:${environment["PIXSIM_PORT"]} resolve`);
  expect(dockerfile).toContain(`http://127.0.0.1:${environment["PIXSIM_PORT"]}/healthz`);
  expect(dockerfile).toMatch(new RegExp(`^EXPOSE ${environment["PIXSIM_PORT"]} 7710$`, "m"));
  expect(dockerfile).toContain(":7710} exec node");
  expect(service(compose, "nginx")).toContain(`ipv4_address: ${environment["PIXSIM_TRUSTED_PROXIES"]} `);
});

test("a runner writes only where it may: its root is read-only, and its data lie in a volume that is its user's", async () => {
  const { dockerfile, runner, environment } = await files();
  const data = environment["PIXSIM_DATA"]!;
  expect(runner).toMatch(/^ {4}read_only: true$/m);
  expect(runner).toContain(`volumes: [data:${data}]`);
  expect(dockerfile).toMatch(new RegExp(`mkdir ${data} && chown node:node ${data}\nUSER node\nVOLUME ${data}\n`));
});
