// How V8 runs the programs of this folder; imported before all else. V8 guesses which objects will live long by how many have lived
// lately, and makes their like in the old generation. Whatever thousands of jobs have under way lives just long enough to be taken
// for that, is dead a moment later, and until the next big collection keeps all alive that it names.
// The embedded database has functions so large that V8 takes seconds of two cores and 600 MB to optimise one. They get there by
// being loops, not by being busy: it may take a hundred times as much.
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--no-allocation-site-pretenuring");
setFlagsFromString("--wasm-tiering-budget=2000000000");
