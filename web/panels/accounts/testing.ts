// Providers for the tests of panels that show accounts: one that needs an account and one that needs none.
import * as z from "zod";
import type { ProviderSpec } from "#protocol/job.ts";
import type { AccountProvider } from "./account-dialog.tsx";

export const local: ProviderSpec = { id: "studio", title: "Studio", summary: "Drawn here.", operations: [], concurrency: 2, account: null };

const params = z.toJSONSchema(
  z.object({
    prompt: z.string().min(1).max(100).meta({ title: "Prompt", "x-widget": "prompt" }),
    duration: z.number().min(1).max(15).default(5).meta({ title: "Duration", "x-widget": "slider" }),
    quality: z.enum(["540p", "1080p", "best there is"]).default("540p").meta({ title: "Quality" }),
  }),
  { io: "input" },
);

const paid = (untold: boolean): AccountProvider["account"] => ({
  help: "",
  settings: {},
  secrets: {},
  concurrency: 1,
  creditType: null,
  untold,
});
const bare = { summary: "", operations: [], concurrency: 1 };
/** A machine of one's own: it costs nothing. */
export const own: AccountProvider = { ...bare, id: "comfyui", title: "ComfyUI", account: paid(false) };
/** It charges, and does not say how much. */
export const silent: AccountProvider = { ...bare, id: "gateway", title: "Gateway", account: paid(true) };

export const remote: AccountProvider = {
  id: "pixverse",
  title: "PixVerse",
  summary: "Made there.",
  operations: [{ operation: "text_to_video", title: "Text to video", summary: "From words.", params, inputs: [] }],
  concurrency: 5,
  account: {
    help: "The key is at platform.example under API keys.",
    settings: z.toJSONSchema(z.object({ baseUrl: z.url().default("https://app-api.pixverse.ai").meta({ title: "Base URL" }) }), {
      io: "input",
    }),
    secrets: z.toJSONSchema(z.object({ apiKey: z.string().min(1).meta({ title: "API key" }) }), { io: "input" }),
    concurrency: 5,
    creditType: "credits",
    untold: false,
  },
};
