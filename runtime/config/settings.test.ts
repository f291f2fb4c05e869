import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

test("originals leave the data folder only where another place is named, which alone lets none leave", () => {
  expect(() => readSettings({ PIXSIM_LOCAL_ORIGINALS: "100" })).toThrow(/PIXSIM_ARCHIVE: is needed with PIXSIM_LOCAL_ORIGINALS/);
  expect(readSettings({ PIXSIM_LOCAL_ORIGINALS: "100", PIXSIM_ARCHIVE: "/mnt/archive" })).toMatchObject({ PIXSIM_LOCAL_ORIGINALS: 100 });
  expect(readSettings({ PIXSIM_ARCHIVE: "/mnt/archive" }).PIXSIM_LOCAL_ORIGINALS).toBeUndefined();
});
