// `npm run build`: the front ends.
import { buildFrontEnds } from "./build.ts";

process.stderr.write((await buildFrontEnds()) ? "The front ends are built.\n" : "The front ends are up to date.\n");
