// The words of a job: what was written, with its choices, becomes the text that is sent, by a seed; what it was made from is kept with the
// job. Pure.
import type { PromptSource } from "#actors/prompt/source.ts";
import type { JobRequest, JobTemplate } from "#protocol/job.ts";
import { faultAt } from "#protocol/template/check.ts";
import { expand, faultsOf, needsOf, type Surroundings } from "#protocol/template/expand.ts";
import { parseTemplate } from "#protocol/template/parse.ts";
import { joined, withStyle } from "#protocol/template/style.ts";
import type { Fault } from "#protocol/template/tree.ts";
import { seedAfter, seedOf } from "./canonical.ts";
import type { SeedParam } from "./form.ts";
import type { Issue, Target } from "./request.ts";

const choices: SeedParam = { name: "prompt", min: 0, max: 2 ** 31 - 1 };
export const negativeField = "negativePrompt";

/** The seed of the choices of a job: as asked for, or drawn once for all that are made together, and counted on from with each take. */
export const choiceSeed = (asked: number | undefined, drawnFor: string, take: number): number =>
  seedAfter(asked ?? seedOf(`${drawnFor} prompt`, choices), take, choices);

interface Worded {
  readonly request: JobRequest;
  /** Null: the words are sent as they were written. */
  readonly template: JobTemplate | null;
  readonly issues: ReadonlyArray<Issue>;
}

/** What the words of a request become, by the seed. */
export const wordingOf = (target: Target, request: JobRequest, source: PromptSource | null): ((seed: number) => Worded) => {
  if (source === null) return () => ({ request, template: null, issues: [] });
  const field = target.form.prompt;
  const broken = (issues: ReadonlyArray<Issue>) => () => ({ request, template: null, issues });
  if (field === null) return broken([{ path: ["request", "prompt"], message: `${target.operation.title} takes no prompt.` }]);
  const takesNegative = negativeField in target.form.check.shape;
  const text = textOf(request.params[field]);
  const negative = takesNegative ? textOf(request.params[negativeField]) : "";
  const { version, style, asked } = source;
  if (version !== null && (version.text !== text || (takesNegative && version.negative !== negative))) {
    const message = `The prompt is not what version ${version.number} says: name no version, or save it as a new one.`;
    return broken([{ path: ["request", "prompt", "versionId"], message }]);
  }
  const surroundings: Surroundings = { lists: source.lists, variables: asked.variables };
  const written = [...issuesIn(text, surroundings, field), ...issuesIn(negative, surroundings, negativeField)];
  if (written.length > 0) return broken(written);

  const whole = style === null ? text : withStyle(text, style.text);
  const wholeNegative = style === null || !takesNegative ? negative : joined(negative, style.negative);
  const styled = [...faultsIn(whole, surroundings), ...faultsIn(wholeNegative, surroundings)];
  if (styled.length > 0) {
    return broken(styled.map(({ message }) => ({ path: ["request", "prompt", "styleVersionId"], message: `With the style: ${message}` })));
  }

  const [parts, negativeParts] = [parseTemplate(whole).parts, parseTemplate(wholeNegative).parts];
  const used = [...new Set([...needsOf(parts, surroundings).lists, ...needsOf(negativeParts, surroundings).lists])].toSorted();
  const lists = Object.fromEntries(used.map((name) => [name, source.listVersions.get(name)!]));
  return (seed) => {
    const [said, avoided] = [expand(parts, surroundings, seed), expand(negativeParts, surroundings, seed)];
    const issues = [
      ...(said.fault === null ? [] : [{ path: ["request", "params", field], message: said.fault.message }]),
      ...(avoided.fault === null ? [] : [{ path: ["request", "params", negativeField], message: avoided.fault.message }]),
    ];
    const params = {
      ...request.params,
      [field]: said.text ?? "",
      ...(takesNegative && avoided.text !== null ? { [negativeField]: avoided.text } : {}),
    };
    const template: JobTemplate = {
      text,
      negative,
      versionId: asked.versionId ?? null,
      styleVersionId: asked.styleVersionId ?? null,
      lists,
      variables: asked.variables,
      seed,
    };
    return { request: { ...request, params }, template, issues };
  };
};

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const faultsIn = (text: string, surroundings: Surroundings): ReadonlyArray<Fault> => {
  const { parts, faults } = parseTemplate(text);
  return faults.length > 0 ? faults : faultsOf(parts, surroundings);
};

const issuesIn = (text: string, surroundings: Surroundings, field: string): ReadonlyArray<Issue> =>
  faultsIn(text, surroundings).map((fault) => ({ path: ["request", "params", field], message: faultAt(text, fault) }));
