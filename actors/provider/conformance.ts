// What every provider must keep to, as a suite of tests: run it with a way to make the provider and an order for each operation.
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Effect, Exit, Fiber, Queue } from "effect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { Operation } from "#protocol/job.ts";
import type { MediaFacts } from "#actors/media/media.ts";
import type { Provider, ProviderFailure, ProviderRequest } from "./provider.ts";

export interface Subject {
  readonly provider: Provider;
  /** What a downloaded file is; fails if it does not play. */
  readonly probe: (path: string) => Promise<MediaFacts>;
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
}

const ignoreProgress = () => Effect.void;
const run = <A>(effect: Effect.Effect<A, ProviderFailure>): Promise<A> => Effect.runPromise(Effect.orDie(effect));
const failureOf = (effect: Effect.Effect<unknown, ProviderFailure>): Promise<ProviderFailure> =>
  Effect.runPromise(Effect.flip(Effect.asVoid(effect)));

export const providerConformance = ({ name, start, orders, failing, endless }: ConformanceOptions): void => {
  describe(`the provider: ${name}`, () => {
    let folder: string;
    let subject: Subject;
    let provider: Provider;
    let requests: Readonly<Partial<Record<Operation, ProviderRequest>>>;
    let last = 0;
    const freshKey = (): string => `conformance/${++last}`;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "pixsim-provider-"));
      requests = await orders(folder);
      subject = await start(folder);
      provider = subject.provider;
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
      const { providerJobId } = await run(provider.submit(freshKey(), request));
      const fractions: Array<number> = [];
      await run(provider.track(providerJobId, (fraction) => Effect.sync(() => void fractions.push(fraction))));
      expect(fractions.at(-1)).toBe(1);
      expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
      const path = join(folder, `${operation}.mp4`);
      const { mime } = await run(provider.download(providerJobId, path));
      const facts = await subject.probe(path);
      expect(facts).toMatchObject({ mediaType: "video", mime });
      expect((await stat(path)).size).toBeGreaterThan(1000);
    });

    it("answers the same key with the same provider job, and another key with another", async () => {
      const request = requests.text_to_video ?? endless;
      const key = freshKey();
      const first = await run(provider.submit(key, request));
      expect(await run(provider.submit(key, request))).toEqual(first);
      expect(await run(provider.submit(freshKey(), request))).not.toEqual(first);
    });

    it("lets several follow one job, and hands its file out again", async () => {
      const request = requests.text_to_video ?? endless;
      const { providerJobId } = await run(provider.submit(freshKey(), request));
      await run(
        Effect.all([provider.track(providerJobId, ignoreProgress), provider.track(providerJobId, ignoreProgress)], { concurrency: 2 }),
      );
      const paths = [join(folder, "first.mp4"), join(folder, "second.mp4")] as const;
      for (const path of paths) await run(provider.download(providerJobId, path));
      expect((await readFile(paths[0])).equals(await readFile(paths[1]))).toBe(true);
    });

    it("says that a job it does not know is lost", async () => {
      expect(await failureOf(provider.track("nobody-knows-this", ignoreProgress))).toMatchObject({ kind: "lost" });
      expect(await failureOf(provider.download("nobody-knows-this", join(folder, "lost.mp4")))).toMatchObject({ kind: "lost" });
    });

    it("refuses parameters that its schema refuses", async () => {
      const request = requests.text_to_video ?? endless;
      const bad = { ...request, params: { ...request.params, duration: -1 } };
      expect(await failureOf(provider.submit(freshKey(), bad))).toMatchObject({ kind: "parameters" });
    });

    it.each(failing.map((each) => [each.kind, each.request] as const))(
      "tells a failure of kind %s, each time it is asked",
      async (kind, request) => {
        const { providerJobId } = await run(provider.submit(freshKey(), request));
        const failure = await failureOf(provider.track(providerJobId, ignoreProgress));
        expect(failure).toMatchObject({ kind, message: expect.stringMatching(/\S/) });
        expect(await failureOf(provider.track(providerJobId, ignoreProgress))).toEqual(failure);
      },
    );

    it("stops a job that is cancelled, and takes a second cancel calmly", async () => {
      const { providerJobId } = await run(provider.submit(freshKey(), endless));
      const exit = await Effect.runPromise(
        Effect.gen(function* () {
          const begun = yield* Queue.unbounded<number>();
          const following = yield* Effect.forkChild(
            provider.track(providerJobId, (fraction) => Queue.offer(begun, fraction).pipe(Effect.asVoid)),
          );
          yield* Queue.take(begun);
          yield* provider.cancel(providerJobId);
          return yield* Fiber.await(following);
        }),
      );
      expect(Exit.isFailure(exit)).toBe(true);
      await run(provider.cancel(providerJobId));
      expect(await failureOf(provider.track(providerJobId, ignoreProgress))).toMatchObject({ message: expect.stringMatching(/cancel/i) });
    });

    it("takes a cancel that comes too late calmly", async () => {
      const request = requests.text_to_video ?? endless;
      const { providerJobId } = await run(provider.submit(freshKey(), request));
      await run(provider.track(providerJobId, ignoreProgress));
      await run(provider.cancel(providerJobId));
      const path = join(folder, "late.mp4");
      await run(provider.download(providerJobId, path));
      expect((await stat(path)).size).toBeGreaterThan(1000);
    });
  });
};
