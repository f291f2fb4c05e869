// Effect's ClusterWorkflow: a workflow of two activities that succeed at once, like the job it is compared with. A unit is a
// workflow.
import { Effect, Layer, Logger, ManagedRuntime, Schema } from "effect";
import * as NodeCrypto from "@effect/platform-node/NodeCrypto";
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine";
import * as SingleRunner from "effect/cluster/SingleRunner";
import * as Activity from "effect/workflow/Activity";
import * as Workflow from "effect/workflow/Workflow";
import type { Contender, Services } from "../contender.ts";
import { effectSql } from "../effect-sql.ts";
import { newIds, prompt } from "../work.ts";
import { each } from "../pixsim.ts";

const Errand = Workflow.make("Errand", {
  payload: { id: Schema.String, prompt: Schema.String },
  success: Schema.String,
  idempotencyKey: ({ id }) => id,
});

const errand = Errand.toLayer(
  Effect.fnUntraced(function* ({ id }) {
    const vendorId = yield* Activity.make({ name: "submit", success: Schema.String, execute: Effect.succeed(`vendor-${id}`) });
    return yield* Activity.make({ name: "store", success: Schema.String, execute: Effect.succeed(`asset-${vendorId}`) });
  }),
);

export const open = async ({ postgres }: Services): Promise<Contender> => {
  const runtime = ManagedRuntime.make(
    errand.pipe(
      Layer.provideMerge(ClusterWorkflowEngine.layer),
      Layer.provide(SingleRunner.layer({ runnerStorage: "memory", shardingConfig: { simulateRemoteSerialization: false } })),
      Layer.provide([effectSql(postgres!), NodeCrypto.layer]),
      Layer.provideMerge(Logger.layer([])),
    ),
  );
  const newId = newIds();
  await runtime.runPromise(Errand.execute({ id: newId(), prompt }));
  return {
    run: (count, inFlight) => runtime.runPromise(each(count, inFlight, () => Errand.execute({ id: newId(), prompt }))),
    close: () => runtime.dispose(),
  };
};
