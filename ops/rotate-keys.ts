// `npm run rotate-keys`: a new master key for the credentials of accounts, and all of them under it. With keys from the environment: put the
// new one first in PIXSIM_CREDENTIAL_KEYS, run this, then take the old one out.
import { Effect } from "effect";
import { readSettings } from "#runtime/config/settings.ts";
import { rotateKeys } from "./key-rotation.ts";
import { say } from "./say.ts";

try {
  const { renewed, left } = await Effect.runPromise(rotateKeys(readSettings(process.env)));
  say(`A new master key is in use. Credentials and secrets of the installation that were put under it: ${renewed}.`);
  for (const why of left) say(`Not all are: ${why}`);
  if (left.length > 0) {
    say("The old keys are still needed, and stay. Run this again afterwards.");
    process.exitCode = 1;
  }
} catch (error) {
  say(`The master key was not changed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
