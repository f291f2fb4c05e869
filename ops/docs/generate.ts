// `npm run docs`: writes the reference of the protocol anew.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { referenceFile, referencePage } from "./reference.ts";

const page = referencePage();
writeFileSync(referenceFile, page);
console.log(`${fileURLToPath(referenceFile)}: ${(page.length / 1024).toFixed(0)} KiB`);
