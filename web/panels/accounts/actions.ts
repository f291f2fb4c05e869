// What can be done to an account besides changing it: pause, resume, test, remove. Says in a toast what could not be done.
import type { Account } from "#protocol/account.ts";
import { newKey } from "#protocol/client/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import type { Workspace } from "#web/store/workspace.ts";
import { toast } from "#web/ui/toast.tsx";

type Reach = Pick<Workspace, "client" | "accounts">;

interface Place {
  /** Null: everywhere. */
  readonly provider: string | null;
  readonly everybody: boolean;
}

const orToast = async (title: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    toast(title, { tone: "bad", detail: sentenceOf(error) });
  }
};

export const pauseAccount = ({ client, accounts }: Reach, { id, title }: Account, paused: boolean): Promise<void> =>
  orToast(`“${title}” could not be ${paused ? "paused" : "resumed"}`, async () =>
    accounts.put(await client.call("accounts.pause", { id, paused }, { key: newKey() })),
  );

/** Holds jobs back at one provider or everywhere, or lets them go on. */
export const pauseJobs = (
  { client, pauses }: Pick<Workspace, "client" | "pauses">,
  input: Place & { readonly paused: boolean },
  title: string,
): Promise<void> =>
  orToast(`${input.provider === null ? "The jobs" : title} could not be ${input.paused ? "paused" : "resumed"}`, async () =>
    pauses.put(await client.call("accounts.pauseJobs", input, { key: newKey() })),
  );

/** The outcome is seen in its state. */
export const testAccount = ({ client, accounts }: Reach, { id, title }: Account): Promise<void> =>
  orToast(`“${title}” could not be tested`, async () => accounts.put(await client.call("accounts.test", { id }, { key: newKey() })));

/** Answers why it was refused, or null when it is gone. */
export const removeAccount = async ({ client }: Reach, { id, title }: Account): Promise<string | null> => {
  try {
    await client.call("accounts.remove", { id }, { key: newKey() });
    toast(`“${title}” is removed`, { tone: "ok", detail: "Its credentials are forgotten." });
    return null;
  } catch (error) {
    return sentenceOf(error);
  }
};
