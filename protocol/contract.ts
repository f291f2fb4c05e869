// The whole contract: the server, the clients, the reference and the tests read this one value.
// A call is named `<domain>.<call>`, so are streams and topics. Pure.
import type * as z from "zod";
import { accounts } from "./account.ts";
import { actors } from "./actor.ts";
import { assets } from "./asset.ts";
import { auth } from "./auth.ts";
import { cluster } from "./cluster.ts";
import type { CallSpec, StreamSpec, TopicSpec } from "./define.ts";
import { jobs } from "./job.ts";
import { play } from "./play.ts";
import { prompts } from "./prompt.ts";
import { quotas } from "./quota.ts";
import { scenes } from "./scene.ts";
import { spend } from "./spend.ts";
import { system } from "./system.ts";

export const contract = { auth, system, jobs, accounts, spend, quotas, assets, prompts, scenes, play, actors, cluster };
export type Contract = typeof contract;

type Named<Part extends "calls" | "streams" | "topics"> = {
  [D in keyof Contract & string as Contract[D][Part] extends infer P ? `${D}.${keyof P & string}` : never]: D;
};
type SpecOf<Part extends "calls" | "streams" | "topics", N extends string> = N extends `${infer D}.${infer C}`
  ? D extends keyof Contract
    ? C extends keyof Contract[D][Part]
      ? Contract[D][Part][C]
      : never
    : never
  : never;

export type CallName = keyof Named<"calls"> & string;
export type StreamName = keyof Named<"streams"> & string;
export type TopicName = keyof Named<"topics"> & string;

type CallOf<N extends CallName> = Extract<SpecOf<"calls", N>, CallSpec>;
type StreamOf<N extends StreamName> = Extract<SpecOf<"streams", N>, StreamSpec>;
type TopicOf<N extends TopicName> = Extract<SpecOf<"topics", N>, TopicSpec>;

/** As the caller gives it (defaults may be left out). */
export type CallInput<N extends CallName> = z.input<CallOf<N>["input"]>;
/** As the handler gets it (defaults filled in). */
export type CallArgs<N extends CallName> = z.output<CallOf<N>["input"]>;
export type CallOutput<N extends CallName> = z.output<CallOf<N>["output"]>;
export type StreamInput<N extends StreamName> = z.input<StreamOf<N>["input"]>;
export type StreamArgs<N extends StreamName> = z.output<StreamOf<N>["input"]>;
export type StreamItem<N extends StreamName> = z.output<StreamOf<N>["item"]>;
export type TopicParams<N extends TopicName> = z.output<TopicOf<N>["params"]>;
export type TopicSnapshot<N extends TopicName> = z.output<TopicOf<N>["snapshot"]>;
export type TopicDelta<N extends TopicName> = z.output<TopicOf<N>["delta"]>;

const flatten = <S>(part: "calls" | "streams" | "topics"): ReadonlyMap<string, S> =>
  new Map(
    Object.values(contract).flatMap((domain) =>
      Object.entries(domain[part]).map(([name, spec]) => [`${domain.name}.${name}`, spec as S] as const),
    ),
  );

export const calls = flatten<CallSpec>("calls");
export const streams = flatten<StreamSpec>("streams");
export const topics = flatten<TopicSpec>("topics");
