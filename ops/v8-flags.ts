// How V8 runs the programs of this folder; imported before all else. V8 guesses which objects will live long by how many have lived
// lately, and makes their like in the old generation. Whatever thousands of jobs have under way lives just long enough to be taken
// for that, is dead a moment later, and until the next big collection keeps all alive that it names: collecting was a fifth of a
// job's time. Without the guess it is a twentieth.
import { setFlagsFromString } from "node:v8";

setFlagsFromString("--no-allocation-site-pretenuring");
