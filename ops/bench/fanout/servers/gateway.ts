// PixSim's server, whole: a change goes through the bus to all who follow the list of jobs.
import { jobChannel } from "#actors/job/pipeline.ts";
import { startGateway as start } from "../../rpc/servers/gateway.ts";
import { changedJob } from "../change.ts";
import type { RunningServer } from "../contenders.ts";

export const startGateway = async (transport: "uws" | "ws"): Promise<RunningServer> => {
  const { port, token, userId, bus } = await start(transport);
  return { port, token, tell: (rev) => bus.publish(jobChannel(userId), changedJob(rev)) };
};
