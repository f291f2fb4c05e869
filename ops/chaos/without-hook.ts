// Loaded into a runner before it starts: takes one statement out of the program, the one that CHAOS_WITHOUT names. That the chaos run
// then fails shows that it would notice the lack.
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { defences, isDefence } from "./defences.ts";

const name = process.env["CHAOS_WITHOUT"] ?? "";
if (!isDefence(name)) throw new Error(`There is no defence "${name}": ${Object.keys(defences).join(", ")}.`);
const { file, statement, instead } = defences[name];

registerHooks({
  load: (url, context, next) => {
    const loaded = next(url, context);
    if (!url.startsWith("file:") || fileURLToPath(url) !== file) return loaded;
    const text = String(loaded.source);
    if (text.split(statement).length !== 2) throw new Error(`${file} does not have exactly one "${statement}".`);
    return { ...loaded, source: text.replace(statement, () => instead) };
  },
});
