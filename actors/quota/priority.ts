// How urgent a user may call a job. Pure.
import type { Principal } from "#runtime/auth/principal.ts";
import type { Settings } from "#runtime/config/settings.ts";

/** The lowest number that may be asked for; it goes first. */
export const topPriorityOf = (
  { role }: Pick<Principal, "role">,
  { PIXSIM_TOP_PRIORITY: ofUsers }: Pick<Settings["Service"], "PIXSIM_TOP_PRIORITY">,
): number => (role === "admin" ? 0 : ofUsers);

/** Why this priority is refused; null: it may be asked for. */
export const priorityWords = (priority: number, top: number): string | null =>
  priority >= top
    ? null
    : `The most urgent priority that you may ask for is ${top}, and this is ${priority}: an administrator may ask for it.`;
