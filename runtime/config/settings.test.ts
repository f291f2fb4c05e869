import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

test("originals leave the data folder only where another place is named, which alone lets none leave", () => {
  expect(() => readSettings({ PIXSIM_LOCAL_ORIGINALS: "100" })).toThrow(/PIXSIM_ARCHIVE: is needed with PIXSIM_LOCAL_ORIGINALS/);
  expect(readSettings({ PIXSIM_LOCAL_ORIGINALS: "100", PIXSIM_ARCHIVE: "/mnt/archive" })).toMatchObject({ PIXSIM_LOCAL_ORIGINALS: 100 });
  expect(readSettings({ PIXSIM_ARCHIVE: "/mnt/archive" }).PIXSIM_LOCAL_ORIGINALS).toBeUndefined();
});

test.each([
  [{ DATABASE_URL: "mysql://db/pixsim" }, /DATABASE_URL: must be a postgres:\/\/ address/],
  [{ REDIS_URL: "localhost:6379" }, /REDIS_URL: must be a redis:\/\/ address/],
  [{ PIXSIM_RUNNER: "somewhere" }, /PIXSIM_RUNNER: must be host:port/],
  [{ PIXSIM_RUNNER: "127.0.0.1:0" }, /PIXSIM_RUNNER: must have a port from 1 to 65535/],
  [{ PIXSIM_RUNNER_LISTEN: "0.0.0.0:70000" }, /PIXSIM_RUNNER_LISTEN: must have a port from 1 to 65535/],
])("an address that is none is told beside its name: %o", (environment, line) => {
  expect(() => readSettings(environment)).toThrow(line);
});
