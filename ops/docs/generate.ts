// `npm run docs`: writes the reference of the protocol and the table of metrics anew.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { metricsFile, metricsPage } from "./metrics.ts";
import { referenceFile, referencePage } from "./reference.ts";

const page = referencePage();
writeFileSync(referenceFile, page);
writeFileSync(metricsFile, metricsPage());
console.log(`${fileURLToPath(referenceFile)}: ${(page.length / 1024).toFixed(0)} KiB`);
