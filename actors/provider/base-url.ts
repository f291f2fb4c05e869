// The address of a provider's API, as an account's form asks for it. Pure.
import * as z from "zod";

/** Blanks around it are taken off. */
export const baseUrl = z.url({ protocol: /^https?$/, error: "Enter the whole address, which begins with https:// or http://." });
