// The address of a provider's API, as an account's form asks for it. Pure.
import * as z from "zod";

/** Blanks around it are taken off. */
export const baseUrl = z
  .url({ protocol: /^https?$/, error: "Enter the whole address, which begins with https:// or http://." })
  // It is shown to whoever sees the account, and paths are put at its end.
  .refine((text) => {
    const { username, password, search, hash } = URL.parse(text) ?? {};
    return [username, password, search, hash].every((part) => part === undefined || part === "");
  }, "Enter the address alone, without a name or password before @, and without what follows ? or #.");
