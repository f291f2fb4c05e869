import { fireEvent, screen, waitFor } from "@solidjs/testing-library";
import { expect, it } from "vitest";
import { accounts } from "#protocol/account.ts";
import { recordOpened, renderInWorkspace } from "#web/panels/testing.tsx";
import { StatusBar } from "./status-bar.tsx";

const opened = recordOpened();
const paused = { ...accounts.topics.pauses.example.delta, everybody: false, provider: null, since: 1, rev: 1 };

it("says as long as everything is paused that it is, and leads to where it is resumed", async () => {
  const { client } = renderInWorkspace({}, () => <StatusBar />);
  client.snapshot("accounts.pauses", { pauses: [{ ...paused, provider: "pixverse" }] });
  expect(screen.queryByText("Everything is paused")).toBeNull();
  client.deltas("accounts.pauses", [paused]);
  fireEvent.click(await screen.findByText("Everything is paused"));
  expect(opened).toEqual(["accounts {}"]);
  client.deltas("accounts.pauses", [{ ...paused, since: null, rev: 2 }]);
  await waitFor(() => expect(screen.queryByText("Everything is paused")).toBeNull());
});
