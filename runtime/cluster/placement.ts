// The port to where cells of actors live: some process serves each cell, and at most one is told to at a time.
// Who may write is not decided here but by the cell's epoch in the database.
import { Context, type Effect, type Scope } from "effect";
import type { CallError } from "#protocol/wire/errors.ts";
import type { Handovers } from "./handovers.ts";

/** How a process stands with the store: it reaches it, is cut off from it, or has withdrawn because it alone was. */
export type Standing = "reaches" | "cutOff" | "withdrawn";

/** What a process does with the cells that it is given. */
export interface CellServer {
  /** Takes cells and goes on where their last owner stopped: at once if that can be, else as soon as it can while they are served here. */
  readonly open: (cells: ReadonlyArray<number>) => Effect.Effect<void>;
  /** Writes what is pending and lets go; who does not wait for that to the end makes it let go at once. */
  readonly close: (cell: number) => Effect.Effect<void>;
  /** A message that another process sent to a cell of this one. */
  readonly receive: (message: string) => Effect.Effect<string>;
}

export class Placement extends Context.Service<
  Placement,
  {
    /** Offers this process for cells until the scope closes; completes when all cells are served by some process. */
    readonly serve: (server: CellServer) => Effect.Effect<void, never, Scope.Scope>;
    /** Which of the cells this process should serve now: asked of who decides, not of memory. */
    readonly areHere: (cells: ReadonlyArray<number>) => Effect.Effect<ReadonlyArray<number>>;
    /** ms for which no other process can be given the cell; below 0: it may have another already. */
    readonly leaseMs: (cell: number) => number;
    /** Number of the time for which this process has had the cell without a break: another one, or none, once another process may have had it. */
    readonly tenure: (cell: number) => number;
    /**
     * Sends a message to whichever process serves the cell, and again to the next one if that is gone, frozen or about to let
     * go: it may arrive more than once. Errors: unavailable.
     */
    readonly call: (cell: number, message: string) => Effect.Effect<string, CallError>;
    /** Runs `work` in one process of all, for as long as the scope is open; in another when that one goes, which may begin a second before the first has ended. */
    readonly once: (name: string, work: Effect.Effect<void>) => Effect.Effect<void, never, Scope.Scope>;
    /**
     * Tells the others how this process stands; to be said again every second. Who has withdrawn is given no cells, as long as there is
     * one that has not. Answers whether another process reaches the store; null if that cannot be told.
     */
    readonly stand: (standing: Standing) => Effect.Effect<boolean | null>;
    /**
     * Hands all cells over to other processes, before the end: this one goes on asking them, and serves nothing any more. Does
     * nothing where there is no other. Completes when they are free to be taken, at the latest after two seconds, or four while the
     * keeper of the locks does not answer.
     */
    readonly leave: Effect.Effect<void>;
    /** Cells that came to this process and went from it. */
    readonly handovers: Handovers;
    /** Address of the process that each cell is given to, by cell; null: of none just now. Null in all: that cannot be told. */
    readonly owners: Effect.Effect<ReadonlyArray<string | null> | null>;
  }
>()("pixsim/runtime/Placement") {}
