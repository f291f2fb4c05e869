// What the Generate panel is about to ask for. It stands outside the panel, so that the gallery, a job or the palette can add to it
// while the panel is not shown.
import { createSignal, type Accessor } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import type { InputRole, Job, JobFallback, Operation } from "#protocol/job.ts";
import { isPlain, literally } from "#protocol/template/parse.ts";

/** An asset, or what a job that is there is still to make. */
export interface DraftInput {
  readonly assetId?: string;
  readonly jobId?: string;
  /** Of what the job makes: this frame as a picture. */
  readonly frame?: "first" | "last";
  readonly role: InputRole;
  readonly name?: string;
  readonly timeMs?: number;
}

/** What forms of providers call the negative prompt. */
export const negativeField = "negativePrompt";

/** The version of the library that was taken into the form. */
export interface PromptOrigin {
  readonly versionId: string;
  readonly title: string;
  readonly number: number;
  readonly text: string;
  readonly negative: string;
}

export interface ChosenStyle {
  readonly versionId: string;
  readonly title: string;
  readonly text: string;
  readonly negative: string;
}

/** A wish for the form, taken up by it in order of arrival. */
export type DraftWish =
  | {
      readonly kind: "useAsset";
      readonly assetId: string;
      readonly mediaType: Asset["mediaType"];
      readonly operation?: Operation;
      readonly timeMs?: number;
    }
  | {
      readonly kind: "restore";
      readonly provider: string;
      readonly operation: Operation;
      readonly params: Readonly<Record<string, unknown>>;
      readonly inputs: ReadonlyArray<DraftInput>;
      /** Left out: it goes on nowhere else. */
      readonly fallback?: JobFallback;
    }
  | { readonly kind: "useResult"; readonly jobId: string }
  | {
      readonly kind: "prompt";
      readonly text: string;
      /** Left out: the one in the form stays. */
      readonly negative?: string;
      /** The version in the library that it is. */
      readonly origin?: PromptOrigin;
    }
  | { readonly kind: "style"; readonly style: ChosenStyle };

/** More wishes than this while no form stands: the oldest are dropped. */
const mostWishes = 32;

export interface Draft {
  readonly wishes: Accessor<ReadonlyArray<DraftWish>>;
  /** Takes all wishes. */
  readonly take: () => ReadonlyArray<DraftWish>;
  /** Makes an asset an input; with `operation`, of that one (extend a video). */
  readonly useAsset: (
    asset: Pick<Asset, "id" | "mediaType">,
    options?: { readonly operation?: Operation; readonly timeMs?: number },
  ) => void;
  /** Makes what a job is to make an input. */
  readonly useResult: (jobId: string) => void;
  /** Fills the form as it was for a job. */
  readonly fromJob: (job: Pick<Job, "provider" | "operation" | "params" | "inputs" | "prompt">) => void;
  /** The same, to change that job, which waits. */
  readonly replaceJob: (job: Job) => void;
  /** The job that the form changes, as it was then; null: it asks for a new one. */
  readonly replacing: Accessor<Job | null>;
  readonly replaceNothing: () => void;
  readonly usePrompt: (text: string, more?: { readonly negative?: string; readonly origin?: PromptOrigin }) => void;
  /** Puts a style of the library around the prompt. */
  readonly useStyle: (style: ChosenStyle) => void;
}

/** A job's words to the letter: what the form would take for a choice is escaped. */
const asWritten = ({ params, prompt }: Pick<Job, "params" | "prompt">): Job["params"] =>
  Object.fromEntries(
    Object.entries(params).map(([key, value]) => {
      const isWords = typeof value === "string" && (value === prompt || key === negativeField);
      return [key, isWords && !isPlain(value) ? literally(value) : value];
    }),
  );

export const createDraft = (): Draft => {
  const [wishes, setWishes] = createSignal<ReadonlyArray<DraftWish>>([]);
  const [replacing, setReplacing] = createSignal<Job | null>(null);
  const wish = (one: DraftWish) => setWishes((now) => [...now.slice(1 - mostWishes), one]);
  const fillFrom = (job: Parameters<Draft["fromJob"]>[0], fallback: JobFallback | null = null) =>
    wish({
      kind: "restore",
      provider: job.provider,
      operation: job.operation,
      params: asWritten(job),
      inputs: job.inputs.map(({ assetId, jobId, frame, role, name, timeMs }) => ({
        ...(assetId !== undefined ? { assetId } : { ...(jobId === undefined ? {} : { jobId }), ...(frame === undefined ? {} : { frame }) }),
        role,
        ...(name === undefined ? {} : { name }),
        ...(timeMs === undefined ? {} : { timeMs }),
      })),
      ...(fallback === null ? {} : { fallback }),
    });
  return {
    wishes,
    take: () => {
      const taken = wishes();
      if (taken.length > 0) {
        setWishes([]);
      }
      return taken;
    },
    useAsset: (asset, options = {}) => wish({ kind: "useAsset", assetId: asset.id, mediaType: asset.mediaType, ...options }),
    fromJob: (job) => {
      setReplacing(null);
      fillFrom(job);
    },
    replaceJob: (job) => {
      setReplacing(job);
      fillFrom(job, job.fallback);
    },
    replacing,
    replaceNothing: () => setReplacing(null),
    useResult: (jobId) => wish({ kind: "useResult", jobId }),
    usePrompt: (text, more = {}) => wish({ kind: "prompt", text, ...more }),
    useStyle: (style) => wish({ kind: "style", style }),
  };
};
