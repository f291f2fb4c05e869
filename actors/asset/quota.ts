// How much one user may keep: a number of assets and the bytes of their originals. It is asked before anything begins that would become an
// asset, never when it has been made and paid for. What begins is written down first and counted then, with what others begin at the same
// moment: so the quota holds without a lock. What lies in the trash does not count. Pure.
import type { Usage } from "#db/queries/quota.ts";
import { formatBytes } from "#protocol/bytes.ts";
import { CallError } from "#protocol/wire/errors.ts";
import type { SettingsShape } from "#runtime/config/settings.ts";

const gigabyte = 1e9;

/** `bytes`: 0 where they are not known yet; then there must be room for some. */
interface Wanted {
  readonly assets: number;
  readonly bytes: number;
}

/** `helps`: there is something that can make room. */
const wayOut = (helps: boolean): string =>
  helps ? "Move some to the trash first." : "Ask for less, or ask an administrator to allow you more.";

/** Why this user may not have that much more than `usage`; null if it may. */
export const refusal = (usage: Usage, wanted: Wanted, settings: SettingsShape): CallError | null => {
  const most = usage.mostAssets ?? settings.PIXSIM_ASSETS_PER_USER;
  if (usage.assets + usage.coming + wanted.assets > most) {
    const coming = usage.coming === 0 ? "" : `, and ${usage.coming} on the way`;
    const more = wanted.assets < 2 ? "" : `; this makes ${wanted.assets}`;
    const message = `At most ${most} ${most === 1 ? "asset" : "assets"} may be kept: you have ${usage.assets}${coming}${more}. ${wayOut(usage.assets > 0)}`;
    return new CallError("quota_exceeded", message, { quota: "assets", limit: most });
  }
  const room = (usage.mostStorage ?? settings.PIXSIM_STORAGE_PER_USER) * gigabyte;
  const used = usage.bytes + usage.comingBytes;
  if (used + Math.max(wanted.bytes, 1) > room) {
    const more = wanted.bytes === 0 ? "" : `, and this takes ${formatBytes(wanted.bytes)}`;
    const helps = usage.bytes > 0 && wanted.bytes <= room;
    const message = `Your assets take ${formatBytes(used)} of the ${formatBytes(room)} that you have${more}. ${wayOut(helps)}`;
    return new CallError("quota_exceeded", message, { quota: "storage", limit: room });
  }
  return null;
};
