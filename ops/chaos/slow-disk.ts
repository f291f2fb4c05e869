// A slow disk for a runner of the chaos harness: whatever this process does with files takes as many ms longer as a file says, which is
// read at each SIGUSR2. It slows down the program's own way to the disk, so it needs no rights and no other file system.
import { readFileSync } from "node:fs";
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

const control = process.env["CHAOS_DISK"] ?? "";
let delay = 0;
process.on("SIGUSR2", () => {
  delay = Number(readFileSync(control, "utf8"));
});

const slowly =
  <A extends ReadonlyArray<unknown>, T>(run: (...args: A) => Promise<T>) =>
  async (...args: A): Promise<T> => {
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    return run(...args);
  };

const names = ["access", "copyFile", "link", "mkdir", "open", "readFile", "readdir", "rename", "rm", "stat", "writeFile"] as const;
for (const name of names) Object.assign(files, { [name]: slowly(files[name] as (...args: ReadonlyArray<unknown>) => Promise<unknown>) });
// What was imported by its name follows.
syncBuiltinESMExports();
