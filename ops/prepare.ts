// Run by `npm ci`: what a first start would have to make, so that it need not.
import { forgetOtherTemplates, makeTemplate } from "#db/client/template-maker.ts";
import { buildFrontEnds } from "./build.ts";
import { say } from "./say.ts";

try {
  await Promise.all([forgetOtherTemplates(), makeTemplate(), buildFrontEnds(() => {})]);
} catch (error) {
  // Without what it needs to build (`npm ci --omit=dev`) or where nothing may be written. The start makes what it misses, or says why not.
  say(`Not prepared: ${error instanceof Error ? error.message : String(error)}`);
}
