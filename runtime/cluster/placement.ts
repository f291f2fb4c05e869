// The port to where cells of actors live: some process serves each cell, and at most one is told to at a time.
// Who may write is not decided here but by the cell's epoch in the database.
import { Context, type Effect, type Scope } from "effect";

/** What a process does with the cells that it is given. */
export interface CellServer {
  /** Takes cells and goes on where their last owner stopped. Retries until it succeeds. */
  readonly open: (cells: ReadonlyArray<number>) => Effect.Effect<void>;
  /** Writes what is pending and lets go. */
  readonly close: (cell: number) => Effect.Effect<void>;
}

export class Placement extends Context.Service<
  Placement,
  {
    /** Offers this process for cells until the scope closes; completes when all cells are served by some process. */
    readonly serve: (server: CellServer) => Effect.Effect<void, never, Scope.Scope>;
    /** Whether this process should serve the cell now. */
    readonly isHere: (cell: number) => Effect.Effect<boolean>;
  }
>()("pixsim/runtime/Placement") {}
