// Starts a command of this folder on Node 24. Plain JavaScript, so that an old Node can say what is wrong instead of failing on syntax.
const [command, ...rest] = process.argv.slice(2);
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `PixSim needs Node 24; this is Node ${process.versions.node}. On Linux (x64, arm64) and Windows \`npm ci\` brings it along: run the command through npm. Elsewhere install Node 24 from https://nodejs.org.`,
  );
  process.exit(1);
}
// Compiled code is kept between starts, also that of threads and children, which find the folder by the variable. (An old Node has no such export: it must get to the message above.)
const { enableCompileCache } = await import("node:module");
process.env.NODE_COMPILE_CACHE ??= new URL("../.cache/compiled", import.meta.url).pathname;
enableCompileCache(process.env.NODE_COMPILE_CACHE);
await import("./v8-flags.ts");
if (command === "start") {
  const { hasSpoken, say } = await import("./say.ts");
  // Whatever else ends it: also a file that was just being written when it was loaded, and is empty.
  process.once("exit", (code) => {
    if (hasSpoken()) return;
    say(`PixSim has ended before it began (exit code ${code}). Start it again; if that does not help, its files are not whole.`);
    process.exitCode = code || 1;
  });
}
process.argv.splice(1, process.argv.length - 1, new URL(`./${command}.ts`, import.meta.url).pathname, ...rest);
await import(`./${command}.ts`);
