// What actors and their journal were before their JSON was kept as plain text.
import { ManagedRuntime } from "effect";
import { afterAll, describe, expect, test } from "vitest";
import { Database, type Queryable } from "../client/database.ts";
import { testDatabases } from "../client/testing.ts";
import { migrated } from "./testing.ts";

describe.each(testDatabases)("an older $engine database", ({ layer }) => {
  const runtime = ManagedRuntime.make(layer);
  afterAll(() => runtime.dispose());

  test("keeps what its actors are and were, to the letter", async () => {
    const { sql } = await runtime.runPromise(Database);
    const snapshot = String.raw`{ "b": 1.0, "a": "\u0000 é \"" }`;
    const fill = async (tx: Queryable): Promise<void> => {
      await tx`insert into actor (id, kind, cell, machine_version, seq, steps, at, created_at, state, status, snapshot, effects)
        values ('job/a', 'job', 7, 1, 0, 1, 30, 10, 'busy', 'active', ${snapshot}::text::json, '[{"invokeId": "x"}]')`;
      await tx`insert into actor_event (actor_id, seq, at, event) values ('job/a', 0, 30, '{"type": "xstate.init"}')`;
    };
    const found = await migrated(
      sql,
      "0038_plain_json.sql",
      fill,
      (tx) => tx`select snapshot, effects, timers, event from actor a join actor_event e on e.actor_id = a.id`,
    );
    expect(found).toEqual([{ snapshot, effects: '[{"invokeId": "x"}]', timers: null, event: '{"type": "xstate.init"}' }]);
  });
});
