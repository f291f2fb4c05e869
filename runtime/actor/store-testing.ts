// A commit for tests of stores.
import { type ActorCommit, cellOf } from "./store.ts";

/** The first of a thing that is on. */
export const commitOf = (id: string, more: Partial<ActorCommit> = {}): ActorCommit => ({
  address: `thing/${id}`,
  kind: "thing",
  cell: cellOf(`thing/${id}`),
  machineVersion: 1,
  journal: [{ seq: 0, at: 10, event: { type: "xstate.init" } }],
  createdAt: 10,
  state: "on",
  status: "active",
  parked: null,
  snapshot: "{}",
  effects: [],
  timers: [],
  inbox: [],
  projection: null,
  ...more,
});
