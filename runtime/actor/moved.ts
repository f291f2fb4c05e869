// An actor changed its process while a command was on its way. Whoever routes commands sends it on; clients see an `unavailable`.
import { CallError } from "#protocol/wire/errors.ts";

export class Moved extends CallError {
  /** The command may have been committed all the same: only one that can be repeated may be sent on. */
  readonly uncertain: boolean;

  constructor(uncertain: boolean) {
    super("unavailable", "The actor moves to another server process. Try again.");
    this.uncertain = uncertain;
  }
}
