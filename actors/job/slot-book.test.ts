import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rise, SlotBook, type SlotRequest } from "./slot-book.ts";

/** A book with a record of who was granted what, in order. */
const open = (concurrency: number) => {
  const granted: Array<string> = [];
  const book = new SlotBook(() => concurrency);
  const ask = (jobId: string, ownerId = "a", priority = 5, rank = 0) =>
    book.request({ jobId, provider: "p", ownerId, priority, rank, since: 0 }, () => void granted.push(jobId));
  return { book, granted, ask };
};

describe("slots", () => {
  test("are given at once while there are some, then as they come free", () => {
    const { book, granted, ask } = open(2);
    for (const job of ["1", "2", "3", "4"]) ask(job);
    expect(granted).toEqual(["1", "2"]);
    book.release("2");
    expect(granted).toEqual(["1", "2", "3"]);
    expect(book.held("3")).toBe("p-2");
    expect(book.load("p", 5)).toEqual({ busy: 2, waiting: 1, ahead: 1 });
  });

  test("go first to who was put first, of a user and a priority; the last one put there before the others", () => {
    const { book, granted, ask } = open(1);
    for (const job of ["held", "1", "2", "3"]) ask(job);
    ask("b1", "b");
    ask("3", "a", 5, -1);
    ask("2", "a", 5, -2);
    for (const job of ["held", "2", "b1", "3", "1"]) book.release(job);
    expect(granted).toEqual(["held", "2", "b1", "3", "1"]);
  });

  test("are given back by a job that asks at another provider", () => {
    const { book, granted, ask } = open(1);
    for (const job of ["moves", "waits"]) ask(job);
    const moves = (provider: string) =>
      book.request({ jobId: "moves", provider, ownerId: "a", priority: 5, rank: 0, since: 0 }, (slot) => void granted.push(slot));
    moves("q");
    expect(granted).toEqual(["moves", "waits", "q-1"]);
    moves("q");
    expect(granted).toEqual(["moves", "waits", "q-1", "q-1"]);
    expect([book.held("moves"), book.load("p", 9).busy, book.load("q", 9).busy]).toEqual(["q-1", 1, 1]);
  });

  test("go to the lower priority number first, then to who came first", () => {
    const { book, granted, ask } = open(1);
    ask("first");
    ask("late", "a", 7);
    ask("normal", "a", 5);
    ask("urgent", "a", 0);
    ask("normal too", "a", 5);
    for (const job of ["first", "urgent", "normal", "normal too"]) book.release(job);
    expect(granted).toEqual(["first", "urgent", "normal", "normal too", "late"]);
  });

  test("come to everybody in the end, however many more urgent ones keep coming", () => {
    const { book, granted, ask } = open(1);
    for (const job of ["first", "u0"]) ask(job, "a", 0);
    for (const job of ["late 1", "late 2"]) ask(job, "b", 9);
    // Another place in the queue does not make it wait anew.
    let rounds = 0;
    for (; !granted.includes("late 2"); rounds++) {
      if (rounds === 5 * rise) ask("late 2", "b", 9);
      ask(`u${rounds + 1}`, "a", 0);
      book.release(granted.at(-1)!);
      expect(rounds).toBeLessThanOrEqual(9 * rise + 2);
    }
    expect(granted.indexOf("late 1")).toBeGreaterThan(8 * rise);
    expect(granted.indexOf("late 2")).toBeGreaterThan(8 * rise);
  });

  test("go round among users of the same priority", () => {
    const { book, granted, ask } = open(1);
    for (const job of ["a1", "a2", "a3", "a4"]) ask(job, "a");
    for (const job of ["b1", "b2"]) ask(job, "b");
    ask("c1", "c");
    while (granted.length < 7) book.release(granted.at(-1)!);
    expect(granted).toEqual(["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
  });

  test("are held once by a job, however often it asks", () => {
    const { book, granted, ask } = open(2);
    ask("1");
    ask("1");
    expect(granted).toEqual(["1", "1"]);
    expect(book.load("p", 5).busy).toBe(1);
    ask("2");
    ask("3");
    ask("3");
    expect(book.load("p", 5).waiting).toBe(1);
  });

  test("are not given to who stopped waiting; who holds one keeps it", () => {
    const { book, granted, ask } = open(1);
    const stopHolding = ask("1");
    const stopWaiting = ask("2");
    ask("3");
    stopWaiting();
    stopHolding();
    expect(book.held("1")).toBe("p-1");
    book.release("1");
    expect(granted).toEqual(["1", "3"]);
  });

  test("of before a restart stay taken until they are released", () => {
    const { book, granted, ask } = open(2);
    book.restore("old", "p", "p-1");
    ask("1");
    ask("2");
    expect(granted).toEqual(["1"]);
    expect(book.held("1")).toBe("p-2");
    ask("old");
    book.release("old");
    expect(granted).toEqual(["1", "old", "2"]);
  });

  test("never exceed the concurrency, never idle while someone waits, and are fair, whatever happens", () => {
    const job = fc.record({
      id: fc.integer({ min: 0, max: 30 }).map(String),
      owner: fc.constantFrom("a", "b", "c"),
      priority: fc.integer({ min: 0, max: 2 }),
      rank: fc.integer({ min: -1, max: 1 }),
      since: fc.integer({ min: 0, max: 2 }),
    });
    const move = fc.oneof(
      fc.record({ type: fc.constant("ask" as const), job }),
      fc.record({ type: fc.constant("release" as const), job }),
      fc.record({ type: fc.constant("stop" as const), job }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(move, { maxLength: 80, size: "max" }), (concurrency, moves) => {
        const book = new SlotBook(() => concurrency);
        const holding = new Set<string>();
        const stops = new Map<string, () => void>();
        /** Who waits, in the order they asked: by job what it asked for, and how many places were given when it came. */
        const waiting = new Map<string, Pick<SlotRequest, "ownerId" | "priority" | "rank" | "since"> & { readonly came: number }>();
        let given = 0;
        const problems: Array<string> = [];
        for (const { type, job } of moves) {
          switch (type) {
            case "ask": {
              if (holding.has(job.id)) break;
              const { owner: ownerId, priority, rank, since } = job;
              const came = waiting.get(job.id)?.came ?? given;
              waiting.delete(job.id);
              waiting.set(job.id, { ownerId, priority, rank, since, came });
              const stop = book.request({ jobId: job.id, provider: "p", ownerId, priority, rank, since }, () => {
                const mine = waiting.get(job.id)!;
                const risen = mine.priority - Math.floor((given++ - mine.came) / rise);
                if ([...waiting.values()].some((other) => other.priority < risen)) problems.push("a higher priority was passed over");
                const [first] = [...waiting]
                  .filter(([, other]) => other.ownerId === mine.ownerId && other.priority === mine.priority)
                  .toSorted(([, a], [, b]) => a.rank - b.rank || a.since - b.since);
                if (first?.[0] !== job.id) problems.push("a user's own were passed over");
                waiting.delete(job.id);
                holding.add(job.id);
              });
              stops.set(job.id, stop);
              break;
            }
            case "release":
              waiting.delete(job.id);
              holding.delete(job.id);
              book.release(job.id);
              break;
            case "stop":
              waiting.delete(job.id);
              stops.get(job.id)?.();
          }
          const { busy, waiting: queued } = book.load("p", 9);
          if (busy !== holding.size) problems.push("the holders differ");
          if (queued !== waiting.size) problems.push("the waiters differ");
          if (busy > concurrency) problems.push("more than allowed");
          if (queued > 0 && busy < concurrency) problems.push("a place stays empty");
          const slots = [...holding].map((id) => book.held(id));
          if (new Set(slots).size !== slots.length) problems.push("a slot is held twice");
        }
        expect(problems).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
