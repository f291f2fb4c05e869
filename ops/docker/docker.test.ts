// What the files for Docker say to each other and to the program: no name, port or address of theirs goes astray.
import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test("what runs in a container can be told to end at any time: it is not its first process", async () => {
  const { runner } = await files();
  expect(runner).toMatch(/^ {4}init: true$/m);
});

test("every location of nginx that asks runners tells them where the client is, whatever the client says", async () => {
  const proxy = await read("proxy.conf");
  const locations = [...proxy.matchAll(/^ {2}location ([^{]+) \{\n((?: {4}.*\n|\n)*) {2}\}$/gm)].map(([, path = "", body = ""]) => ({
    path,
    body,
  }));
  const passing = locations.filter(({ body }) => body.includes("proxy_pass"));
  expect(passing.map(({ path }) => path)).toEqual(["/ws", "/media/", "/"]);
  for (const { body } of passing) {
    // nginx: headers of the level above count only where a location sets none of its own.
    const set = Object.fromEntries([...body.matchAll(/^ {4}proxy_set_header (\S+) (\S+);$/gm)].map(([, name, value]) => [name, value]));
    expect(set).toMatchObject({
      Host: "$http_host",
      "X-Forwarded-For": "$proxy_add_x_forwarded_for",
      "X-Forwarded-Proto": "$scheme",
    });
  }
});

test("a container runs whatever command it is given, as the runner that others reach at its first address", async () => {
  const { dockerfile } = await files();
  const lineOf = (name: string): ReadonlyArray<string> => JSON.parse(new RegExp(`^${name} (\\[.*\\])$`, "m").exec(dockerfile)?.[1] ?? "[]");
  const [shell = "", ...entry] = lineOf("ENTRYPOINT");
  const folder = await mkdtemp(join(tmpdir(), "pixsim-docker-"));
  try {
    const commands = { node: `printf '%s|' "$PIXSIM_RUNNER" "$@"`, hostname: `test "$1" = -i && echo "10.77.0.130 172.18.0.2"` };
    for (const [name, script] of Object.entries(commands)) {
      await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(folder, name), 0o755);
    }
    const run = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}): string =>
      execFileSync(shell, [...entry, ...args], { env: { PATH: `${folder}:${process.env["PATH"]}`, ...env }, encoding: "utf8" });
    expect(run(lineOf("CMD"))).toBe("10.77.0.130:7710|ops/launch.mjs|start|--without-pages|");
    expect(run(["backup", "/data/last monday"])).toBe("10.77.0.130:7710|ops/launch.mjs|backup|/data/last monday|");
    expect(run(["start"], { PIXSIM_RUNNER: "here:1" })).toBe("here:1|ops/launch.mjs|start|");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("nothing that is only this machine's gets into an image: neither data nor passwords", async () => {
  const [git, docker] = await Promise.all([read("../../.gitignore"), read("../../.dockerignore")]);
  const ignored = docker.trim().split("\n");
  expect(ignored).toContain(".git");
  const own = [...git.matchAll(/^\/(\S+?)\/?$/gm)].map(([, path]) => path);
  expect(own).toEqual(expect.arrayContaining(["data", ".env"]));
  expect(ignored).toEqual(expect.arrayContaining([...own, "node_modules"]));
});
