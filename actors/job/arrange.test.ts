import * as fc from "fast-check";
import { expect, test } from "vitest";
import { emptyQueue, turnsOf, wants } from "#actors/pool/queue.ts";
import { ranksInOrder } from "./arrange.ts";
import { SlotBook } from "./slot-book.ts";

const someRank = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -5, max: 0 }),
  // As of those that were to run next, a moment apart.
  fc.integer({ min: 0, max: 20 }).map((apart) => apart / 1000 - 1_764_000_000_000),
);

test("whoever gives places away takes jobs in the order in which a person has put them, and what comes later stands behind", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.record({ at: fc.integer({ min: 0, max: 99 }), rank: someRank }), {
        selector: ({ at }) => at,
        minLength: 1,
        maxLength: 12,
      }),
      (jobs) => {
        const order = jobs.map(({ at, rank }) => ({ id: `job_${at}`, rank, since: at }));
        const changes = ranksInOrder(order);
        const placed = order.map((job) => ({ ...job, rank: changes.get(job.id) ?? job.rank }));
        const arrivals = [...placed, { id: "job_new", rank: 0, since: 1000 }].toSorted((a, b) => a.since - b.since);
        const wanted = [...order.map(({ id }) => id), "job_new"];

        let queue = emptyQueue("p");
        for (const { id: jobId, rank, since } of arrivals) {
          queue = wants(queue, { jobId, key: jobId, ownerId: "u", priority: 5, rank, cost: 0, since, heardAt: since });
        }
        expect(turnsOf(queue, 1000, "u", 99).map(({ waiter }) => waiter.jobId)).toEqual(wanted);

        const taken: Array<string> = [];
        const book = new SlotBook(() => 1);
        book.request({ jobId: "first", provider: "p", ownerId: "u", priority: 0, rank: 0, since: 0 }, () => {});
        for (const { id: jobId, rank, since } of arrivals) {
          book.request({ jobId, provider: "p", ownerId: "u", priority: 5, rank, since }, () => void taken.push(jobId));
        }
        book.release("first");
        for (let at = 0; at < taken.length; at++) book.release(taken[at]!);
        expect(taken).toEqual(wanted);
        // Nothing is moved that stands right already.
        expect(ranksInOrder(placed).size).toBe(0);
      },
    ),
  );
});

test("one that is put first is the only one to move, where the others stand apart", () => {
  const order = [-3, -2, -1, 0].map((rank, at) => ({ id: `job_${at}`, rank }));
  expect(ranksInOrder([order[2]!, order[0]!, order[1]!, order[3]!])).toEqual(new Map([["job_2", -4]]));
});
