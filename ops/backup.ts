// `npm run backup -- FOLDER`: database, media and keys of the place that the settings name, as files that either engine can be restored
// from. `--without-keys` leaves the keys out: after a restore everybody signs in again.
import { parseArgs } from "node:util";
import { readSettings } from "#runtime/config/settings.ts";
import { backUp } from "./backup/backup.ts";
import { say } from "./say.ts";

try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { "without-keys": { type: "boolean", default: false } } });
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) throw new Error("Where to? A folder of its own: npm run backup -- FOLDER");
  const settings = readSettings(process.env);
  const secrets = !values["without-keys"];
  const { manifest, lost } = await backUp(
    { data: settings.PIXSIM_DATA, archive: settings.PIXSIM_ARCHIVE, databaseUrl: settings.DATABASE_URL },
    folder,
    { secrets },
  );
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  say(`Backed up into ${folder}: ${rows} rows, ${manifest.media.files} media files (${Math.ceil(manifest.media.bytes / 1e6)} MB).`);
  if (lost.length > 0)
    say(`${lost.length} media files are missing or damaged in the data folder, and not in the backup: ${lost.join(" ")}`);
  say(
    secrets
      ? "The keys and the hashes of passwords are in it: keep it where only you can read it."
      : "The keys are not in it: after a restore everybody signs in again. The hashes of passwords are: keep it where only you can read it.",
  );
} catch (error) {
  say(`PixSim cannot be backed up: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
