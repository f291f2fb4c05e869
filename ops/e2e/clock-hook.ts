// Loaded into a server before it starts: sets its clock off by as many ms as a file says, if there is one, read then and at each SIGUSR2. Only
// what tells the time of day moves; timers and the monotonic clock go on, as they do when a computer's clock is set.
import { existsSync, readFileSync } from "node:fs";

const file = process.env["CLOCK_SHIFT_FILE"] ?? "";
const RealDate = Date;
const realNow = Date.now;
const read = (): number => (existsSync(file) ? Number(readFileSync(file, "utf8")) : 0);
let shift = read();
const now = (): number => realNow() + shift;
process.on("SIGUSR2", () => {
  shift = read();
});

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: Array<unknown>) => Reflect.construct(target, args.length === 0 ? [now()] : args) as Date,
  get: (target, key) => (key === "now" ? now : (Reflect.get(target, key) as unknown)),
});
