// What was open before what actors wait for moved into their own rows.
import { ManagedRuntime } from "effect";
import { afterAll, describe, expect, test } from "vitest";
import { Database, type Queryable } from "../client/database.ts";
import { testDatabases } from "../client/testing.ts";
import { migrated } from "./testing.ts";

describe.each(testDatabases)("an older $engine database", ({ layer }) => {
  const runtime = ManagedRuntime.make(layer);
  afterAll(() => runtime.dispose());

  test("keeps the open effects and timers of its actors", async () => {
    const { sql } = await runtime.runPromise(Database);
    const fill = async (tx: Queryable): Promise<void> => {
      await tx`insert into actor (id, kind, cell, machine_version, seq, steps, at, created_at, state, status, parked, snapshot)
        select id, 'job', 7, 1, 3, 1, 30, 10, 'busy', 'active', parked, '{}'
        from (values ('job/a', null), ('job/parked', 'a fault'), ('job/told', 'a fault'), ('job/idle', null)) as v(id, parked)`;
      await tx`insert into actor_effect (actor_id, invoke_id, seq, cell, name, input, review, started_at) values
        ('job/a', 'later', 2, 7, 'later', '{"x": 1}', false, 20), ('job/a', 'first', 1, 7, 'first', null, true, 10),
        ('job/parked', 'first', 1, 7, 'first', null, false, 10), ('job/told', 'host.tell', 1, 7, 'host.tell', '[]', false, 10)`;
      await tx`insert into actor_timer (actor_id, timer_id, cell, due_at, event) values
        ('job/a', 'late', 7, 90, '{"type": "late"}'), ('job/a', 'soon', 7, 50, '{"type": "soon"}'),
        ('job/parked', 'late', 7, 90, '{"type": "late"}')`;
    };
    const found = await migrated(
      sql,
      "0009_actor_waits.sql",
      fill,
      (tx) => tx`select id, effects, timers, running, due_at from actor order by id`,
    );
    const first = { invokeId: "first", seq: 1, name: "first", input: null, review: false, startedAt: 10 };
    const late = { id: "late", dueAt: 90, event: { type: "late" } };
    expect(found).toEqual([
      {
        id: "job/a",
        effects: [
          { ...first, review: true },
          { invokeId: "later", seq: 2, name: "later", input: { x: 1 }, review: false, startedAt: 20 },
        ],
        timers: [{ id: "soon", dueAt: 50, event: { type: "soon" } }, late],
        running: true,
        due_at: 50,
      },
      { id: "job/idle", effects: null, timers: null, running: false, due_at: null },
      { id: "job/parked", effects: [first], timers: [late], running: false, due_at: null },
      {
        id: "job/told",
        effects: [{ invokeId: "host.tell", seq: 1, name: "host.tell", input: [], review: false, startedAt: 10 }],
        timers: null,
        running: true,
        due_at: null,
      },
    ]);
  });
});
