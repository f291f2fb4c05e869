// The studio's ledger as the provider uses it: rows of accepted renders, with the database's troubles as provider failures.
import { createHash } from "node:crypto";
import { relative, resolve } from "node:path";
import { Clock, Effect } from "effect";
import * as z from "zod";
import { FailureKind, Operation } from "#protocol/job.ts";
import { Database, type DatabaseError, type Sql } from "#db/client/database.ts";
import {
  acceptRender,
  cancelRender,
  failRender,
  finishRender,
  forgetRenders,
  knownOutputs,
  releaseOutputs,
  renderById,
} from "#db/queries/studio.ts";
import type { RenderSpec } from "#actors/media/media.ts";
import type { ProviderFailure } from "./provider.ts";

const StoredSpec = z.object({
  operation: Operation.exclude(["video_edit"]),
  params: z.record(z.string(), z.unknown()),
  inputs: z.array(
    z.object({
      role: z.string(),
      name: z.string().nullable(),
      path: z.string(),
      mediaType: z.enum(["image", "video"]),
      timeMs: z.number().nullable(),
    }),
  ),
}) satisfies z.ZodType<RenderSpec>;

export interface Render {
  readonly id: string;
  readonly spec: RenderSpec;
  readonly state: "accepted" | "done" | "failed" | "cancelled";
  /** Why it failed. */
  readonly failure: ProviderFailure | null;
  /** Its file's name, unless it was swept or is not there yet. */
  readonly output: string | null;
}

const ofDatabase = (error: DatabaseError): ProviderFailure => ({
  kind: error.reason === "unavailable" ? "network" : error.reason === "full" ? "storage" : "internal",
  message: `The studio's ledger cannot be used: ${error.message}`,
});

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Files are kept so long after they are finished, then made again if asked for, ms. */
const keepFile = 3_600_000;
/** Keys are remembered so long after the end, ms. */
const keepRow = 30 * 86_400_000;

/** `dataFolder`: inputs lie in it, and are named from it: it may be moved, or restored elsewhere. */
export const makeLedger = Effect.fnUntraced(function* (dataFolder: string) {
  const database = yield* Database;
  const withPaths = (spec: RenderSpec, pathOf: (path: string) => string): RenderSpec => ({
    ...spec,
    inputs: spec.inputs.map((input) => ({ ...input, path: pathOf(input.path) })),
  });
  const query = <T>(run: (sql: Sql, now: number) => PromiseLike<T>): Effect.Effect<T, ProviderFailure> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.mapError(
        database.query((sql) => run(sql, now)),
        ofDatabase,
      ),
    );

  return {
    /** The id of the render of a key; the first submission decides what it is. */
    accept: Effect.fnUntraced(function* (key: string, spec: RenderSpec): Effect.fn.Return<string, ProviderFailure> {
      const request = JSON.stringify(withPaths(spec, (path) => relative(dataFolder, path)));
      const hash = sha256(request);
      const id = `ren_${sha256(key).slice(0, 26)}`;
      const [row] = yield* query((sql, now) => acceptRender(sql, { id, key, hash, request, now }));
      if (row?.hash !== hash) {
        const failure: ProviderFailure = { kind: "internal", message: "The key of this render was used before for another request." };
        return yield* Effect.fail(failure);
      }
      return row.id;
    }),
    find: Effect.fnUntraced(function* (id: string): Effect.fn.Return<Render, ProviderFailure> {
      const [row] = yield* query((sql) => renderById(sql, id));
      const lost: ProviderFailure = {
        kind: "lost",
        message: "The studio does not know this render: it is too old, or was never accepted.",
      };
      if (row === undefined) return yield* Effect.fail(lost);
      const spec = StoredSpec.safeParse(row.request);
      if (!spec.success) return yield* Effect.fail(lost);
      const kind = FailureKind.safeParse(row.failure_kind);
      return {
        id: row.id,
        spec: withPaths(spec.data, (path) => resolve(dataFolder, path)),
        state: row.state,
        failure: kind.success ? { kind: kind.data, message: row.failure_message ?? "" } : null,
        output: row.output,
      };
    }),
    finish: (id: string, output: string) => query((sql, now) => finishRender(sql, id, output, now)),
    fail: (id: string, { kind, message }: ProviderFailure) => query((sql, now) => failRender(sql, id, kind, message, now)),
    cancel: (id: string) => query((sql, now) => cancelRender(sql, id, now)),
    /** Those of the files that no finished render has. */
    strangers: Effect.fnUntraced(function* (names: ReadonlyArray<string>): Effect.fn.Return<ReadonlyArray<string>, ProviderFailure> {
      if (names.length === 0) return [];
      const known = new Set((yield* query((sql) => knownOutputs(sql, names))).map(({ output }) => output));
      return names.filter((name) => !known.has(name));
    }),
    /** Names of the files that may be removed now; forgets very old renders. */
    sweep: Effect.fnUntraced(function* (): Effect.fn.Return<ReadonlyArray<string>, ProviderFailure> {
      yield* query((sql, now) => forgetRenders(sql, now - keepRow));
      return (yield* query((sql, now) => releaseOutputs(sql, now - keepFile))).map(({ output }) => output);
    }),
  };
});
