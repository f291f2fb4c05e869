import { render, screen, waitFor } from "@solidjs/testing-library";
import { afterEach, expect, test } from "vitest";
import { CallError } from "#protocol/wire/errors.ts";
import type { WatchLink } from "../net/source.ts";
import { SpectatorLinks } from "./spectators.tsx";

afterEach(() => {
  document.body.replaceChildren();
});

test("a link is made and shown once, is among those that were made, and is withdrawn", async () => {
  let links: ReadonlyArray<WatchLink> = [{ id: "lnk_0", expiresAt: 1_700_000_000_000, guests: 0 }];
  let full = true;
  render(() => (
    <SpectatorLinks
      spectators={{
        links: () => Promise.resolve(links),
        invite: async () => {
          if (full) throw new CallError("quota_exceeded", "You have given 100 links.");
          links = [{ id: "lnk_1", expiresAt: null, guests: 2 }, ...links];
          return { id: "lnk_1", address: "http://player.test/play/#link=abc" };
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
  await waitFor(() => expect(screen.getAllByRole("listitem").length).toBe(2));
  expect(screen.getAllByRole("listitem")[0]!.textContent).toContain("Good until it is withdrawn, opened by 2 guests");
  const withdraw = async (nth: number) => {
    await waitFor(() => expect(make.getAttribute("aria-disabled")).toBe("false"));
    screen.getAllByRole("button", { name: "Withdraw" })[nth]!.click();
  };
  // What the new one says stays while another is withdrawn: it is told only now.
  await withdraw(1);
  await waitFor(() => expect(screen.getAllByRole("listitem").length).toBe(1));
  expect(screen.getByRole<HTMLInputElement>("textbox").value).toBe("http://player.test/play/#link=abc");
  await withdraw(0);
  await waitFor(() => expect([screen.queryByRole("listitem"), screen.queryByRole("textbox")]).toEqual([null, null]));
});

test("where it cannot be read which links there are, it is said", async () => {
  render(() => (
    <SpectatorLinks
      spectators={{
        links: () => Promise.reject(new CallError("unavailable", "The server cannot be reached.")),
        invite: () => Promise.resolve({ id: "", address: "" }),
        withdraw: () => Promise.resolve(),
      }}
    />
  ));
  expect((await screen.findByRole("alert")).textContent).toBe("The server cannot be reached.");
});
