// `npm run restore -- FOLDER`: a backup into the empty place that the settings name.
import { readSettings } from "#runtime/config/settings.ts";
import { restore } from "./backup/restore.ts";
import { say } from "./say.ts";

try {
  const [folder, ...more] = process.argv.slice(2);
  if (folder === undefined || more.length > 0) throw new Error("From where? The folder of a backup: npm run restore -- FOLDER");
  const settings = readSettings(process.env);
  const manifest = await restore(folder, { data: settings.PIXSIM_DATA, databaseUrl: settings.DATABASE_URL });
  say(`Restored what was backed up on ${manifest.madeAt}; \`npm start\` goes on with the jobs that were under way then.`);
  say("Where the place it was made of still runs, stop that one first: both would do the same jobs.");
  if (manifest.secrets === null)
    say("There were no keys in the backup: new ones are made, everybody signs in again, and the credentials of accounts are entered anew.");
} catch (error) {
  say(`PixSim cannot be restored: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
