// What simulators on this machine cannot show of fal: their clock is ours.
import { Effect } from "effect";
import { expect, test } from "vitest";
import { fal } from "./fal.ts";
import { falModels, falOperations } from "./models/fal.ts";
import { expected } from "./models/submission.ts";
import type { ProviderRequest } from "./provider.ts";
import { asTheyAre, memoryUploads } from "./testing.ts";
import type { HttpRequest } from "./tools.ts";

const order: ProviderRequest = { operation: "text_to_video", params: { prompt: "a fox" }, inputs: [] };
const unused = () => Effect.die("not asked for");

/** What is found of a submission that fal has taken just now; `behind`: its clock, ms. Of its future it lists nothing. */
const find = async (behind: number) => {
  const { entry, input } = await Effect.runPromise(expected({ operations: falOperations, models: falModels }, "k", order));
  const theirs = Date.now() - behind;
  const taken = { request_id: "r-1", sent_at: new Date(theirs).toISOString(), json_input: input };
  const answer = ({ url }: HttpRequest) => {
    const start = Date.parse(new URL(url).searchParams.get("start") ?? "");
    const body = { items: start > theirs ? [] : [taken], next_cursor: null, has_more: false };
    return Effect.succeed({ status: 200, headers: { date: new Date(theirs).toUTCString() }, body });
  };
  const connection = fal.connect(
    { id: "acc_1", settings: {}, secrets: {} },
    {
      http: { json: answer, download: unused, socket: unused },
      // It asks once.
      polling: { track: (ask) => Effect.as(ask, { charged: null }) },
      uploads: memoryUploads(),
      videos: asTheyAre,
    },
  );
  return { entry, found: await Effect.runPromise(Effect.result(connection.reconcile!("k", order, Date.now()))) };
};

test.each([0, 5 * 3_600_000])("what fal has taken is found by its own clock, which is %i ms behind", async (behind) => {
  const { entry, found } = await find(behind);
  expect(found).toMatchObject({ _tag: "Success", success: { providerJobId: `${entry.id}#r-1` } });
});
