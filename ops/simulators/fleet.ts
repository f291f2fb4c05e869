// All simulators together, each with accounts: what a demonstration and the tests of the pool run against.
import { startComfyui } from "./comfyui.ts";
import { startFal } from "./fal.ts";
import type { RandomFaults } from "./faults.ts";
import { startOpenaiVideos } from "./openai-videos.ts";
import { startPixverse } from "./pixverse.ts";
import { startReplicate } from "./replicate.ts";
import type { AccountOptions, Simulator } from "./simulator.ts";

export interface FleetOptions {
  readonly speed: number;
  /** Accounts at each provider. */
  readonly accounts: number;
  readonly credits: number;
  /** Places of each account at a provider of many; a ComfyUI server works on one job at a time. */
  readonly concurrency: number;
  readonly faults?: RandomFaults;
  /** Time of a generation, ms of the provider's time. Default: what each takes. */
  readonly generationMs?: number;
  /** No two jobs are given the same bytes. Default: they may be. */
  readonly unlike?: boolean;
  /** An MP4 file that every job is given. Default: a small video like what was asked for. */
  readonly video?: Buffer;
}

/** An account as a person would add it. */
export interface FleetAccount {
  readonly provider: string;
  readonly title: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly concurrency: number;
}

export interface Fleet {
  /** A provider whose accounts are servers of one's own has several. */
  readonly simulators: ReadonlyArray<{ readonly provider: string; readonly simulator: Simulator }>;
  readonly accounts: ReadonlyArray<FleetAccount>;
  readonly close: () => Promise<void>;
}

const titleOf = (index: number): string => `Simulated ${index + 1}`;

export const startFleet = async ({ accounts: count, credits, concurrency, ...options }: FleetOptions): Promise<Fleet> => {
  // Keys that begin so may ask for fal's balance.
  const keysOf = (provider: string): ReadonlyArray<string> => Array.from({ length: count }, (_, index) => `admin-${provider}-${index + 1}`);
  const accountsOf = (provider: string, split: AccountOptions["credits"]): ReadonlyArray<AccountOptions> =>
    keysOf(provider).map((key) => ({ key, credits: split, concurrency }));
  const shared = [
    ["pixverse", "", await startPixverse({ ...options, accounts: accountsOf("pixverse", { monthly: credits / 2, package: credits / 2 }) })],
    ["openaiVideos", "/v1", await startOpenaiVideos({ ...options, accounts: accountsOf("openaiVideos", { cents: credits }) })],
    ["fal", "", await startFal({ ...options, accounts: accountsOf("fal", { cents: credits }) })],
    ["replicate", "/v1", await startReplicate({ ...options, accounts: accountsOf("replicate", { cents: credits }) })],
  ].map(([provider, path, simulator]) => ({
    provider: provider as string,
    path: path as string,
    simulator: simulator as unknown as Simulator,
  }));
  const servers = await Promise.all(Array.from({ length: count }, () => startComfyui(options)));
  const own = servers.map((server) => server as unknown as Simulator);
  return {
    simulators: [
      ...shared.map(({ provider, simulator }) => ({ provider, simulator })),
      ...own.map((simulator) => ({ provider: "comfyui", simulator })),
    ],
    accounts: [
      ...shared.flatMap(({ provider, path, simulator: { url } }) =>
        keysOf(provider).map((apiKey, index) => ({
          provider,
          title: titleOf(index),
          settings: { baseUrl: `${url}${path}` },
          secrets: { apiKey },
          concurrency,
        })),
      ),
      ...own.map(({ url }, index) => ({
        provider: "comfyui",
        title: titleOf(index),
        settings: { baseUrl: url },
        secrets: {},
        concurrency: 1,
      })),
    ],
    close: async () => {
      await Promise.all([...shared.map(({ simulator }) => simulator), ...own].map((simulator) => simulator.close()));
    },
  };
};
