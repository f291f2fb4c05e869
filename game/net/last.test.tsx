// Which address an installed player opens.
import { afterEach, expect, test } from "vitest";
import { CallError, type ErrorCode } from "#protocol/wire/errors.ts";
import { openLast } from "./last.ts";
import type { PlaySource } from "./source.ts";

const there = {} as PlaySource;
const failing = (code: ErrorCode) => () => Promise.reject(new Error("No.", { cause: new CallError(code, "No.") }));
const at = (hash: string): void => history.replaceState(null, "", hash === "" ? "#" : hash);
const last = (): string | null => localStorage.getItem("pixsim.last");

afterEach(() => {
  localStorage.clear();
  at("");
});

test("without an address the last one is opened, until nothing is there any more", async () => {
  at("#play=ply_1");
  expect(await openLast(() => Promise.resolve(there))).toBe(there);
  at("");
  await expect(openLast(failing("unavailable"))).rejects.toThrow("No.");
  expect([last(), location.hash]).toEqual(["#play=ply_1", "#play=ply_1"]);
  at("");
  await expect(openLast(failing("not_found"))).rejects.toThrow("No.");
  expect(last()).toBeNull();
  at("");
  await expect(openLast(() => Promise.resolve(undefined))).rejects.toThrow("There is no story at this address.");
});

test("another address that leads nowhere leaves the last one as it is", async () => {
  localStorage.setItem("pixsim.last", "#play=ply_1");
  at("#play=ply_2");
  await expect(openLast(failing("not_found"))).rejects.toThrow("No.");
  expect(last()).toBe("#play=ply_1");
});
