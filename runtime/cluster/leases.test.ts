import { beforeEach, expect, test } from "vitest";
import { Leases } from "./leases.ts";

let monotonic: number;
let wall: number;
let connection: number;
let leases: Leases<string>;

beforeEach(() => {
  [monotonic, wall, connection] = [0, 1_000_000, 1];
  leases = new Leases(3000, { monotonic: () => monotonic, wall: () => wall, connections: () => connection });
});
const pass = (ms: number): void => {
  monotonic += ms;
  wall += ms;
};

test("a lock is held from before it was asked for, by the clock that says the least", () => {
  const term = leases.term();
  pass(200);
  leases.take(["a"], term);
  expect([leases.leaseMs("a"), leases.leaseMs("b")]).toEqual([2800, -1]);
  // A computer that slept; somebody sets the time back.
  wall += 2000;
  expect(leases.leaseMs("a")).toBe(800);
  wall -= 5000;
  expect(leases.leaseMs("a")).toBe(2800);
});

test("over a new connection nothing is sure until it is said again", () => {
  leases.take(["a"], leases.term());
  const early = leases.term();
  connection++;
  expect(leases.leaseMs("a")).toBe(-1);
  // What was asked over the old one tells nothing.
  leases.refresh(["a"], new Set(["a"]), early);
  expect(leases.leaseMs("a")).toBe(-1);
  leases.refresh(["a"], new Set(["a"]), leases.term());
  expect([leases.leaseMs("a"), leases.tenure("a")]).toEqual([3000, 1]);
});

test("a tenure ends where somebody else may have had the lock", () => {
  leases.take(["a"], leases.term());
  pass(2000);
  leases.take(["a"], leases.term());
  expect(leases.tenure("a")).toBe(1);
  pass(3001);
  leases.take(["a"], leases.term());
  expect(leases.tenure("a")).toBe(2);
  leases.refresh(["a"], new Set(), leases.term());
  expect([leases.tenure("a"), leases.locks]).toEqual([-1, []]);
});

test("an answer gives nothing back to who has given it back meanwhile", () => {
  leases.take(["a", "b"], leases.term());
  const term = leases.term();
  leases.giveBack(["a"]);
  leases.refresh(["a", "b"], new Set(["a", "b"]), term);
  expect(leases.locks).toEqual(["b"]);
});

test("who is refused keeps what it surely holds until it has asked again, and a slow refusal is expected again", () => {
  leases.take(["a"], leases.term());
  pass(500);
  leases.take(["b"], leases.term());
  pass(1000);
  // 1500 and 2000 ms are left; it asks again in 1000, and takes 300 to believe that.
  const term = leases.term();
  expect(leases.kept(["a", "b", "c"], term)).toEqual(["a", "b"]);
  pass(200);
  // 1300 and 1800 are left, and 1500 are needed.
  expect(leases.kept(["a", "b"], term)).toEqual(["b"]);
  connection++;
  expect(leases.kept(["a", "b"], term)).toEqual([]);
});
