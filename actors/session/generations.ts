// Clips that are made because somebody plays: asked for in the name of the story's owner, each once for all who share it, within the story's
// budget; and waited for. What is asked for is noted before its job is: after a crash in between the same job is asked for again.
import { Clock, Context, Effect, Fiber, Layer, RcMap, Schedule } from "effect";
import { Assets, pastAnyEnd, type VersionOf } from "#actors/asset/assets.ts";
import { accepting } from "#actors/job/accept.ts";
import { makeTurns } from "#actors/asset/turns.ts";
import { assetIdOf } from "#actors/job/canonical.ts";
import type { Durations } from "#actors/job/durations.ts";
import { jobsEnding } from "#actors/job/pipeline.ts";
import { checkAll, operationOf, prepareWith, refuse, sourcesOf, type Target } from "#actors/job/request.ts";
import type { Slots } from "#actors/job/slots.ts";
import { Providers } from "#actors/provider/index.ts";
import { periodsAt } from "#actors/spend/context.ts";
import { Database, type Queryable, type Tx } from "#db/client/database.ts";
import { jobResults } from "#db/queries/job.ts";
import * as query from "#db/queries/play-generation.ts";
import { playLinkById } from "#db/queries/play-link.ts";
import { finalJobStates, type JobInput, type JobRequest, type JobState } from "#protocol/job.ts";
import { usualPlayBudget } from "#protocol/play.ts";
import type { Demand, PictureOf } from "#protocol/scene/play/state.ts";
import type { CallError } from "#protocol/wire/errors.ts";
import type { Actors } from "#runtime/actor/actors.ts";
import { Bus } from "#runtime/bus/bus.ts";
import type { Settings } from "#runtime/config/settings.ts";
import { orCallError } from "#runtime/gateway/database-failures.ts";
import { aheadOf, budgetOf, fitsBudget } from "./budget.ts";
import type { SessionContext } from "./context.ts";
import { generationJobId, operationFor, requestOf, resultOf, stands } from "./demand.ts";
import { faultOf } from "./links.ts";
import type { PlayedVersion } from "./versions.ts";

/** What somebody waits for comes before what somebody may come to. */
const priorities = { now: 5, ahead: 6 } as const;
/** Nobody waits at a node for longer than so, ms; nor, over all who come to it, for a job that was asked for longer ago. */
export const longestWait = 600_000;
/** When what did not work for now is tried again. */
export const again = Schedule.jittered(Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")]));

export class Generations extends Context.Service<
  Generations,
  {
    /**
     * The job of what a playthrough asks for, begun by it or by another that shares the result. Null: nobody makes it, or the budget has no
     * room. Errors: those that pass.
     */
    readonly ask: (
      version: PlayedVersion,
      session: Pick<SessionContext, "order" | "ownerId">,
      demand: Demand,
      when: "ahead" | "now",
    ) => Effect.Effect<string | null, CallError, Actors>;
    /** What the job has made, once it has ended: an asset. Null: nothing, or not within the time that somebody may wait. */
    readonly made: (ownerId: string, jobId: string) => Effect.Effect<string | null, CallError>;
  }
>()("pixsim/actors/Generations") {
  static readonly layer: Layer.Layer<Generations, never, Assets | Bus | Database | Durations | Providers | Settings | Slots> = Layer.effect(
    Generations,
    Effect.gen(function* () {
      const assets = yield* Assets;
      const bus = yield* Bus;
      const database = yield* Database;
      const providers = yield* Providers;
      /** One process asks for a result once at a time: who looks ahead and the node itself come to the same. */
      const turns = makeTurns();
      const services = yield* Effect.context<Assets | Database | Durations | Providers | Settings | Slots>();
      const read = <T>(run: (sql: Queryable) => PromiseLike<T>): Effect.Effect<T, CallError> => orCallError(database.query(run));

      /** Nobody has to pay for what no author has said who makes it. */
      const providerOf = (demand: Demand): string =>
        demand.provider ??
        providers.all.find(({ account, operations }) => account === null && operations[operationFor(demand)] !== undefined)?.id ??
        "";

      /** What is asked for, without its picture: that is made once there is room for it. */
      const wanted = Effect.fnUntraced(function* (demand: Demand, title: string, when: "ahead" | "now") {
        const provider = providerOf(demand);
        const target = yield* operationOf({ provider, operation: operationFor(demand) });
        const request = { ...requestOf(demand, { form: target.form, provider }, title), priority: priorities[when] };
        const { params, issues } = checkAll(target, request.params);
        if (issues.length > 0) return yield* Effect.fail(refuse(issues));
        return { target, request, credits: target.operation.estimate(params).credits };
      });

      /** The picture as an asset of the story's owner: what providers take is no video. */
      const inputOf = Effect.fnUntraced(function* (version: VersionOf, { assetId, atMs }: PictureOf) {
        const input: JobInput = { role: "image", assetId: (yield* assets.picture(version, assetId, atMs ?? pastAnyEnd)).id };
        return input;
      });

      const prepared = Effect.fnUntraced(function* (version: VersionOf, target: Target, request: JobRequest, picture: PictureOf | null) {
        const { ownerId } = version;
        // Videos are read for it, which takes its time: it is called off at once.
        const inputs = picture === null ? [] : [yield* Effect.interruptible(inputOf(version, picture))];
        // In the trash it stays as long as the story can be played.
        const sources = (yield* sourcesOf(ownerId, inputs)).map((source) => Object.assign({}, source, { deletedAt: null }));
        const checked = prepareWith(target, { ...request, inputs }, sources, yield* Clock.currentTimeMillis);
        return checked.issues.length > 0 ? yield* Effect.fail(refuse(checked.issues)) : checked.prepared;
      });

      /** What is spent by a link ends with it. */
      const mustLead = Effect.fnUntraced(function* (linkId: string | undefined, now: number) {
        if (linkId === undefined) return;
        const [link] = yield* read((sql) => playLinkById(sql, linkId));
        const fault = faultOf(link, now);
        if (fault !== undefined) return yield* Effect.fail(fault);
      });

      const ask = Effect.fnUntraced(function* (
        { ownerId, generates }: PlayedVersion,
        { order, ownerId: playerId }: Pick<SessionContext, "order" | "ownerId">,
        demand: Demand,
        when: "ahead" | "now",
      ) {
        const { sceneId, versionId, linkId } = order;
        const { attempt } = demand;
        const result = resultOf(demand, { versionId, sessionId: order.id, playerId });
        const { now, day } = periodsAt(yield* Clock.currentTimeMillis);
        const [known] = yield* read((sql) => query.latestGeneration(sql, result));
        if (known !== undefined && known.state !== null && stands(known, attempt, now)) return known.job_id;
        yield* mustLead(linkId, now);

        const title = `${order.title} › ${generates.get(`${demand.scene}/${demand.node}`) ?? demand.node}`;
        const { target, request, credits } = yield* wanted(demand, title, when);

        const note = (sql: Queryable, jobId: string, round: number) =>
          query.insertGeneration(sql, {
            job_id: jobId,
            result,
            round,
            attempt,
            asset_id: assetIdOf(jobId),
            owner_id: ownerId,
            version_id: versionId,
            scene_id: sceneId,
            in_scene: demand.scene,
            node: demand.node,
            session_id: order.id,
            player_id: playerId,
            credits,
            created_at: now,
          });

        const claim = async (tx: Tx): Promise<{ readonly jobId: string; readonly round: number } | null> => {
          await query.lockGenerations(tx, sceneId);
          const [latest] = await query.latestGeneration(tx, result);
          if (latest !== undefined && stands(latest, attempt, now)) return { jobId: latest.job_id, round: latest.round };
          const [given] = await query.playBudget(tx, sceneId);
          const whole = given === undefined ? usualPlayBudget : budgetOf(given);
          const budget = when === "now" ? whole : aheadOf(whole);
          const [counted] = await query.countGenerations(tx, { sceneId, sessionId: order.id, playerId, since: day });
          if (!fitsBudget(budget, budgetOf(counted!), { credits, paid: target.provider.account !== null })) return null;
          const round = (latest?.round ?? 0) + 1;
          const jobId = generationJobId(result, round);
          await note(tx, jobId, round);
          return { jobId, round };
        };

        const begun = Effect.gen(function* () {
          const claimed = yield* orCallError(database.transaction(claim));
          if (claimed === null) return null;
          const { jobId, round } = claimed;
          const { accept, known: jobs } = yield* Effect.provide(accepting, services);
          const isThere = Effect.map(jobs(ownerId, [jobId]), (rows) => rows.has(jobId));
          if (yield* isThere) return jobId;
          const particulars = { id: jobId, askedHash: result, parentJobId: null, batchId: null, cell: [], index: null };
          return yield* prepared({ ownerId, versionId }, target, request, demand.picture).pipe(
            // Nothing is asked for yet, and nothing is to be counted.
            Effect.onInterrupt(() => Effect.ignore(read((sql) => query.dropGeneration(sql, jobId)))),
            Effect.flatMap((one) => accept(ownerId, [{ prepared: one, particulars }])),
            // Another who was refused it meanwhile has taken the note away.
            Effect.andThen(read((sql) => note(sql, jobId, round))),
            Effect.as(jobId),
            Effect.catchIf(
              ({ retryable }) => !retryable,
              Effect.fnUntraced(function* (refused) {
                // There was no room for it beside itself: another had begun it.
                if (yield* isThere) return jobId;
                yield* read((sql) => query.dropGeneration(sql, jobId));
                return yield* Effect.fail(refused);
              }),
            ),
          );
        });
        // Who looks ahead is called off by each move; what is noted and has its picture is asked for all the same, or would count for nothing.
        return yield* turns(result, Effect.uninterruptible(begun));
      });

      const ended = Effect.fnUntraced(function* (ownerId: string, jobId: string) {
        const { ending } = yield* jobsEnding(bus, ownerId, [jobId]);
        for (;;) {
          yield* ending;
          const [job] = yield* read((sql) => jobResults(sql, ownerId, [jobId]));
          if (job === undefined || finalJobStates.has(job.state as JobState)) return job?.state === "completed" ? job.asset_id : null;
          if ((yield* Clock.currentTimeMillis) - job.created_at >= longestWait) return null;
        }
      });

      /** One wait for each job, however many wait for it: it ends when the last of them is called off. */
      const waits = yield* RcMap.make({
        lookup: (key: string) => {
          const [ownerId, jobId] = JSON.parse(key) as [string, string];
          return Effect.forkScoped(Effect.scoped(ended(ownerId, jobId)));
        },
      });
      const made = (ownerId: string, jobId: string) =>
        Effect.scoped(Effect.flatMap(RcMap.get(waits, JSON.stringify([ownerId, jobId])), Fiber.join));

      return Generations.of({
        made,
        ask: (version, session, demand, when) =>
          ask(version, session, demand, when).pipe(
            Effect.provide(services),
            // The player finds what stands in for it; who can do something about it reads why.
            Effect.catchIf(
              ({ retryable }) => !retryable,
              ({ code, message }) =>
                Effect.as(Effect.logInfo("a clip for a playthrough was refused", { code, message, node: demand.node }), null).pipe(
                  Effect.annotateLogs({ playthrough: session.order.id, version: session.order.versionId, user: version.ownerId }),
                ),
            ),
          ),
      });
    }),
  );
}
