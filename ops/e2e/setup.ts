// Before the end-to-end tests: the pages are built once, for all servers that they start.
import { buildFrontEnds } from "../build.ts";

export default async (): Promise<void> => {
  await buildFrontEnds(() => console.log("Building the pages …"));
};
