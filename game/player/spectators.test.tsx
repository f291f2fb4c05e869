import { render, screen, waitFor } from "@solidjs/testing-library";
import { afterEach, expect, test } from "vitest";
import { CallError } from "#protocol/wire/errors.ts";
import type { WatchLink } from "../net/source.ts";
import { SpectatorLinks } from "./spectators.tsx";

afterEach(() => {
  document.body.replaceChildren();
});

test("a link is made and shown once, is among those that were made, and is withdrawn", async () => {
  let links: ReadonlyArray<WatchLink> = [];
  let full = true;
  render(() => (
    <SpectatorLinks
      spectators={{
        links: () => Promise.resolve(links),
        invite: async () => {
          if (full) throw new CallError("quota_exceeded", "You have given 100 links.");
          links = [{ id: "lnk_1", expiresAt: null, guests: 2 }];
          return "http://player.test/play/#link=abc";
        },
        withdraw: async (id) => {
          links = links.filter((link) => link.id !== id);
        },
      }}
    />
  ));
  const make = screen.getByRole("button", { name: "Make a link" });
  make.click();
  expect((await screen.findByRole("alert")).textContent).toBe("You have given 100 links.");
  full = false;
  make.click();
  const shown = await screen.findByRole<HTMLInputElement>("textbox");
  expect([shown.value, screen.queryByRole("alert")]).toEqual(["http://player.test/play/#link=abc", null]);
  const row = await screen.findByRole("listitem");
  expect(row.textContent).toContain("Good until it is withdrawn, opened by 2 guests");
  await waitFor(() => expect(make.getAttribute("aria-disabled")).toBe("false"));
  screen.getByRole("button", { name: "Withdraw" }).click();
  await waitFor(() => expect([screen.queryByRole("listitem"), screen.queryByRole("textbox")]).toEqual([null, null]));
});

test("where it cannot be read which links there are, it is said", async () => {
  render(() => (
    <SpectatorLinks
      spectators={{
        links: () => Promise.reject(new CallError("unavailable", "The server cannot be reached.")),
        invite: () => Promise.resolve(""),
        withdraw: () => Promise.resolve(),
      }}
    />
  ));
  expect((await screen.findByRole("alert")).textContent).toBe("The server cannot be reached.");
});
