// What every provider must keep to, as a suite of tests: run it with a way to make the provider and an order for each operation.
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Deferred, Effect, Exit, Fiber, Result } from "effect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { Operation } from "#protocol/job.ts";
import type { MediaFacts } from "#actors/media/media.ts";
import type { Connection, Provider, ProviderFailure, ProviderRequest } from "./provider.ts";
import { byClock, failureOf, run } from "./testing.ts";

export interface Subject {
  readonly provider: Provider;
  /** Of an account that has what the orders need. */
  readonly connection: Connection;
  /** What a downloaded file is; fails if it does not play. */
  readonly probe: (path: string) => Promise<MediaFacts>;
  /** How many requests have come to it; always 0 of one that is not remote. */
  readonly asked: () => number;
  readonly close: () => Promise<void>;
}

export interface ConformanceOptions {
  readonly name: string;
  /** Starts the provider; the folder is for its files and those of the orders. */
  readonly start: (folder: string) => Promise<Subject>;
  /** A small order of each operation that the provider has. */
  readonly orders: (folder: string) => Promise<Readonly<Partial<Record<Operation, ProviderRequest>>>>;
  /** Orders that end badly, with the kind of failure that `track` must tell. */
  readonly failing: ReadonlyArray<{ readonly request: ProviderRequest; readonly kind: ProviderFailure["kind"] }>;
  /** An order that goes on until it is cancelled. */
  readonly endless: ProviderRequest;
  /** The id of a job that there is not, spelt as the provider spells them. */
  readonly unknownJob: string;
  /** What a lost submission is looked up by: its key, or, where the provider is told none, what it asks for. Default: `key`. */
  readonly lookup?: "key" | "request";
}

const ignoreProgress = () => Effect.void;

const hours = 5 * 3_600_000;
/** How far our clock was ahead of the provider's when something was sent, and is when it is looked for, ms. */
const clocksSet: ReadonlyArray<readonly [sent: number, now: number]> = [
  [hours, 0],
  [0, -hours],
  [hours, -hours],
  [60_000, 0],
  [0, hours],
  [hours, hours],
  [-hours, -hours],
];

export const providerConformance = ({ name, start, orders, failing, endless, unknownJob, lookup = "key" }: ConformanceOptions): void => {
  describe(`the provider: ${name}`, () => {
    let folder: string;
    let subject: Subject;
    let provider: Provider;
    let connection: Connection;
    let requests: Readonly<Partial<Record<Operation, ProviderRequest>>>;
    let last = 0;
    const freshKey = (): string => `conformance/${++last}`;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "pixsim-provider-"));
      requests = await orders(folder);
      subject = await start(folder);
      ({ provider, connection } = subject);
    });
    afterAll(async () => {
      await subject.close();
      await rm(folder, { recursive: true, force: true });
    });

    it("describes the parameters of each operation as a form can draw them", () => {
      for (const operation of Object.values(provider.operations)) {
        const schema = z.toJSONSchema(operation.params, { io: "input" });
        expect(schema.type).toBe("object");
        for (const property of Object.values(schema.properties ?? {})) {
          expect(property).toMatchObject({
            title: expect.stringMatching(/\S/),
            "x-widget": expect.stringMatching(/^(prompt|seed|select|slider|switch)$/),
          });
        }
        for (const input of operation.inputs) expect(input.min).toBeLessThanOrEqual(input.max);
        expect(operation.title.trim()).not.toBe("");
        expect(operation.summary.trim()).not.toBe("");
      }
    });

    it("describes what an account needs as a form can draw it, with nothing that must be filled in twice", () => {
      const { account } = provider;
      if (account === null) return expect(provider.concurrency).toBeGreaterThan(0);
      expect(account.help.trim()).not.toBe("");
      expect(account.concurrency).toBeGreaterThan(0);
      const [settings, secrets] = [account.settings, account.secrets].map((each) => z.toJSONSchema(each, { io: "input" }).properties ?? {});
      for (const property of Object.values({ ...settings, ...secrets }))
        expect(property).toMatchObject({ title: expect.stringMatching(/\S/) });
      expect(Object.keys(settings!).filter((field) => field in secrets!)).toEqual([]);
    });

    it("finds nothing wrong with its account", async () => {
      await run(connection.check);
      const balances = connection.balance === undefined ? [] : await run(connection.balance);
      expect(balances.filter(({ type, amount }) => type.trim() === "" || !(amount >= 0))).toEqual([]);
    });

    it("has an order of each of its operations in this suite, accepts its own defaults and estimates their cost", () => {
      expect(Object.keys(requests).toSorted()).toEqual(Object.keys(provider.operations).toSorted());
      for (const [operation, spec] of Object.entries(provider.operations)) {
        const params = spec.params.parse({ prompt: "a fox" });
        expect(spec.params.parse(params)).toEqual(params);
        const { credits, durationMs } = spec.estimate(params);
        expect([operation, credits >= 0, durationMs > 0]).toEqual([operation, true, true]);
      }
    });

    it.each(Operation.options)("makes a file that plays: %s", async (operation) => {
      const request = requests[operation];
      if (request === undefined) return;
      const { providerJobId } = await run(connection.submit(freshKey(), request));
      const fractions: Array<number> = [];
      await run(connection.track(providerJobId, (fraction) => Effect.sync(() => void fractions.push(fraction))));
      expect(fractions.at(-1)).toBe(1);
      expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
      const path = join(folder, `${operation}.mp4`);
      const asked = subject.asked();
      const { mime } = await run(connection.download(providerJobId, path));
      // What told of the end said where the file is.
      expect(subject.asked() - asked).toBeLessThanOrEqual(1);
      const facts = await subject.probe(path);
      expect(facts).toMatchObject({ mediaType: "video", mime });
      expect((await stat(path)).size).toBeGreaterThan(1000);
    });

    it("never takes one key for another, and recovers a submission as it promises", async () => {
      const request = requests.text_to_video ?? endless;
      const key = freshKey();
      const sentAt = Date.now();
      const first = await run(connection.submit(key, request));
      expect((await run(connection.submit(freshKey(), request))).providerJobId).not.toBe(first.providerJobId);
      if (provider.recovery === "idempotencyKey") {
        expect((await run(connection.submit(key, request))).providerJobId).toBe(first.providerJobId);
      }
      expect(connection.reconcile !== undefined || provider.recovery !== "lookup").toBe(true);
      if (connection.reconcile === undefined || lookup === "request") return;
      for (const [then, now] of [[0, 0] as const, ...clocksSet]) {
        const found = byClock(now, connection.reconcile(key, request, sentAt + then));
        expect([then, now, await run(found)]).toEqual([then, now, { providerJobId: first.providerJobId }]);
      }
      // That one was not taken cannot always be told; another's job it never is.
      const unsent = await Effect.runPromise(Effect.result(connection.reconcile(freshKey(), request, sentAt)));
      expect(Result.isSuccess(unsent) ? unsent.success : undefined).toBeUndefined();
    });

    if (lookup === "request") {
      it("recovers a submission that is like no other, and does not guess among several", async () => {
        const reconcile = connection.reconcile!;
        const ofWords = (prompt: string): ProviderRequest => {
          const request = requests.text_to_video ?? endless;
          return { ...request, params: { ...request.params, prompt } };
        };
        const [sent, never] = [ofWords("a heron by a pond"), ofWords("a heron by a lake")];
        const sentAt = Date.now();
        const { providerJobId } = await run(connection.submit(freshKey(), sent));
        for (const [then, now] of [[0, 0] as const, ...clocksSet]) {
          const found = byClock(now, reconcile(freshKey(), sent, sentAt + then));
          expect([then, now, await run(found)]).toEqual([then, now, { providerJobId }]);
        }
        expect(await run(reconcile(freshKey(), never, sentAt))).toBeUndefined();
        const second = await run(connection.submit(freshKey(), sent));
        expect(await run(reconcile(freshKey(), sent, sentAt, new Set([providerJobId])))).toEqual({ providerJobId: second.providerJobId });
        expect(await run(reconcile(freshKey(), sent, sentAt, new Set([providerJobId, second.providerJobId])))).toBeUndefined();
        expect(await failureOf(reconcile(freshKey(), sent, sentAt))).toMatchObject({
          kind: "internal",
          message: expect.stringMatching(/\S/),
        });
      });
    }

    it("charges what it says, and the balance agrees", async () => {
      const left = async (): Promise<number | null> =>
        connection.balance === undefined ? null : (await run(connection.balance)).reduce((sum, { amount }) => sum + amount, 0);
      const before = await left();
      const submitted = await run(connection.submit(freshKey(), requests.text_to_video ?? endless));
      const tracked = await run(connection.track(submitted.providerJobId, ignoreProgress));
      const charged = tracked.charged ?? submitted.charged;
      expect(charged === null || charged >= 0).toBe(true);
      const after = await left();
      if (charged !== null && before !== null && after !== null) expect(before - after).toBeCloseTo(charged, 6);
    });

    it("lets several follow one job, and hands its file out again", async () => {
      const request = requests.text_to_video ?? endless;
      const { providerJobId } = await run(connection.submit(freshKey(), request));
      await run(
        Effect.all([connection.track(providerJobId, ignoreProgress), connection.track(providerJobId, ignoreProgress)], { concurrency: 2 }),
      );
      const paths = [join(folder, "first.mp4"), join(folder, "second.mp4")] as const;
      for (const path of paths) await run(connection.download(providerJobId, path));
      expect((await readFile(paths[0])).equals(await readFile(paths[1]))).toBe(true);
    });

    it("says that a job it does not know is lost", async () => {
      expect(await failureOf(connection.track(unknownJob, ignoreProgress))).toMatchObject({ kind: "lost" });
      expect(await failureOf(connection.download(unknownJob, join(folder, "lost.mp4")))).toMatchObject({ kind: "lost" });
    });

    it("refuses parameters that its schema refuses", async () => {
      const request = requests.text_to_video ?? endless;
      const bad = { ...request, params: { ...request.params, duration: -1 } };
      expect(await failureOf(connection.submit(freshKey(), bad))).toMatchObject({ kind: "parameters" });
    });

    it.each(failing.map((each) => [each.kind, each.request] as const))(
      "tells a failure of kind %s, each time it is asked",
      async (kind, request) => {
        const { providerJobId } = await run(connection.submit(freshKey(), request));
        const failure = await failureOf(connection.track(providerJobId, ignoreProgress));
        expect(failure).toMatchObject({ kind, message: expect.stringMatching(/\S/) });
        expect(await failureOf(connection.track(providerJobId, ignoreProgress))).toEqual(failure);
      },
    );

    it("says of a cancel whether it was honoured, keeps to that, and takes a second one calmly", async () => {
      const { providerJobId } = await run(connection.submit(freshKey(), endless));
      const following = await Effect.runPromise(
        Effect.gen(function* () {
          const begun = yield* Deferred.make<void>();
          const fiber = yield* Effect.forkDetach(
            connection.track(providerJobId, () => Deferred.succeed(begun, undefined).pipe(Effect.asVoid)),
          );
          yield* Effect.raceFirst(Deferred.await(begun), Fiber.await(fiber));
          return fiber;
        }),
      );
      const isHonoured = await run(connection.cancel(providerJobId));
      expect(await run(connection.cancel(providerJobId))).toBe(isHonoured);
      if (isHonoured) {
        expect(Exit.isFailure(await Effect.runPromise(Fiber.await(following)))).toBe(true);
        const failure = await failureOf(connection.track(providerJobId, ignoreProgress));
        expect(failure).toMatchObject({ message: expect.stringMatching(/cancel/i) });
      } else {
        expect(following.pollUnsafe()).toBeUndefined();
        await Effect.runPromise(Fiber.interrupt(following));
        // What it does not stop comes to its own end.
        const goingOn = await run(connection.submit(freshKey(), requests.text_to_video ?? endless));
        expect(await run(connection.cancel(goingOn.providerJobId))).toBe(false);
        await run(connection.track(goingOn.providerJobId, ignoreProgress));
      }
    });

    it("takes a cancel that comes too late calmly", async () => {
      const request = requests.text_to_video ?? endless;
      const { providerJobId } = await run(connection.submit(freshKey(), request));
      await run(connection.track(providerJobId, ignoreProgress));
      await run(connection.cancel(providerJobId));
      const path = join(folder, "late.mp4");
      await run(connection.download(providerJobId, path));
      expect((await stat(path)).size).toBeGreaterThan(1000);
    });
  });
};
