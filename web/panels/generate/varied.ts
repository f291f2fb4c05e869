// What the form varies instead of fixing it: the values that were given for a field, and the grid that they make. Pure.
import { axisName, cellAt, cellsOf, gridSize, type Place } from "#protocol/grid.ts";
import type { Grid, GridAxis, JobRequest, ProviderSpec } from "#protocol/job.ts";
import { variants } from "#protocol/template/expand.ts";
import { literally, parseTemplate } from "#protocol/template/parse.ts";
import { paramFacts } from "#web/ui/param-facts.ts";
import type { Issue } from "#web/store/problem.ts";
import { fitValues, readFields, toParams, type FieldErrors, type FormField, type FormValues } from "./schema.ts";
import { wordProblem } from "./words.ts";

/** Of a choice or a switch the values that are ticked; of any other field what was typed: words a line each, numbers with commas. */
export type VariedValue = ReadonlyArray<unknown> | string;
/** By field key. */
export type Varied = Readonly<Record<string, VariedValue>>;

/** Cells that can be left out one by one: more would fill the form. */
export const mostShownCells = 120;

export const canVary = (field: FormField): boolean => field.kind !== "json";

/** Where varying a field begins: with the value that it has. */
export const firstVaried = (field: FormField, value: unknown): VariedValue => {
  switch (field.kind) {
    case "choice":
      return value === undefined ? [] : [value];
    case "switch":
      return [false, true];
    case "text":
    case "number":
    case "seed":
    case "json":
      return value === undefined || value === null ? "" : String(value);
  }
};

export const variedValues = (field: FormField, given: VariedValue): ReadonlyArray<unknown> => {
  if (typeof given !== "string") {
    return field.kind === "choice" ? field.options.flatMap(({ value }) => (given.includes(value) ? [value] : [])) : given;
  }
  if (field.kind === "text") {
    return given
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  }
  return given
    .split(/[\s,;]+/)
    .filter((word) => word !== "")
    .map(Number);
};

/** Texts that a prompt is written out to: more would be no list that anybody reads. */
const mostWritten = 100;

/** Each line of varied prompts as all the texts that it can become, a line each; null where none has choices, or they are not known here. */
export const writtenOut = (given: string, variables: Readonly<Record<string, string>>): string | null => {
  const lines = given.split("\n").filter((line) => line.trim() !== "");
  const all: Array<string> = [];
  for (const line of lines) {
    const { parts, faults } = parseTemplate(line);
    const { texts, complete } = variants(parts, { lists: new Map(), variables }, mostWritten);
    if (faults.length > 0 || !complete || texts.some((text) => text.includes("\n"))) {
      return null;
    }
    all.push(...texts.map(literally));
  }
  const written = [...new Set(all)];
  return written.length > lines.length && written.length <= mostWritten ? written.join("\n") : null;
};

const variedProblem = (field: FormField, given: VariedValue): string | undefined => {
  const values = variedValues(field, given);
  if (values.length === 0) {
    return typeof given === "string" ? "Give at least one value." : "Choose at least one.";
  }
  if (values.some((value) => Number.isNaN(value))) {
    return "Numbers, with commas between them.";
  }
  const twice = values.find((value, index) => values.indexOf(value) < index);
  if (twice !== undefined) {
    return `“${String(twice)}” is there twice.`;
  }
  for (const value of values) {
    const problem = wordProblem(field, value);
    if (problem !== undefined) {
      return `${String(value)}: ${problem}`;
    }
  }
  return undefined;
};

/** Fields that are varied, in the order of the form. */
const variedFields = (fields: ReadonlyArray<FormField>, varied: Varied): ReadonlyArray<FormField> =>
  fields.filter((field) => varied[field.key] !== undefined && canVary(field));

export const variedErrors = (fields: ReadonlyArray<FormField>, varied: Varied): FieldErrors =>
  Object.fromEntries(
    variedFields(fields, varied).flatMap((field) => {
      const problem = variedProblem(field, varied[field.key] ?? "");
      return problem === undefined ? [] : [[field.key, problem]];
    }),
  );

/** Values as one cell has them: the first of what is varied. */
export const valuesAtFirst = (fields: ReadonlyArray<FormField>, values: FormValues, varied: Varied): FormValues => ({
  ...values,
  ...Object.fromEntries(
    variedFields(fields, varied).flatMap((field) => {
      const [first] = variedValues(field, varied[field.key] ?? "");
      return first === undefined ? [] : [[field.key, first]];
    }),
  ),
});

interface GridOf {
  readonly fields: ReadonlyArray<FormField>;
  /** With the first of what is varied. */
  readonly values: FormValues;
  readonly varied: Varied;
  /** Providers that stand side by side; fewer than two: there is the chosen one. */
  readonly providers: ReadonlyArray<ProviderSpec>;
  readonly request: Pick<JobRequest, "provider" | "operation">;
  readonly without: ReadonlyArray<Place>;
}

/** What another provider is asked for with the same form, as far as its own takes it. */
export const paramsAt = (
  { values, request }: Pick<GridOf, "values"> & { readonly request: Pick<JobRequest, "operation"> },
  provider: ProviderSpec,
): Record<string, unknown> => {
  const fields = readFields(provider.operations.find(({ operation }) => operation === request.operation)?.params ?? {});
  return toParams(fields, fitValues(fields, values));
};

/** The grid of what is varied; null: nothing is. */
export const gridOf = (form: GridOf): Grid | null => {
  const { fields, varied, providers, request, without } = form;
  const axes: Array<GridAxis> = variedFields(fields, varied).map((field) => {
    const values = [...variedValues(field, varied[field.key] ?? "")];
    return field.kind === "seed" ? { by: "seed", values: values.map(Number) } : { by: "param", param: field.key, values };
  });
  if (providers.length > 1) {
    axes.push({
      by: "provider",
      values: providers.map((provider) =>
        provider.id === request.provider ? { provider: provider.id } : { provider: provider.id, params: paramsAt(form, provider) },
      ),
    });
  }
  return axes.length === 0 ? null : { axes, without: without.map((place) => place.slice()) };
};

/** The field that an axis is of, or null. */
const fieldOf = (fields: ReadonlyArray<FormField>, axis: GridAxis | undefined): FormField | undefined =>
  axis === undefined ? undefined : fields.find((field) => (axis.by === "seed" ? field.kind === "seed" : field.key === axisName(axis)));

/** What the server says of an axis is said at its field. */
export const issueAtField = (issue: Issue, fields: ReadonlyArray<FormField>, grid: Grid | null): Issue => {
  const [group, list, axis] = issue.path;
  const field = group === "grid" && list === "axes" && typeof axis === "number" ? fieldOf(fields, grid?.axes[axis]) : undefined;
  return field === undefined ? issue : { ...issue, path: ["params", field.key] };
};

export interface ShownCell {
  readonly place: Place;
  readonly label: string;
  readonly made: boolean;
}

/** All cells, those left out too; none where they are too many to show. */
export const shownCells = (
  grid: Grid,
  fields: ReadonlyArray<FormField>,
  request: Pick<JobRequest, "operation">,
  titleOf: (provider: string) => string,
): ReadonlyArray<ShownCell> => {
  const whole: Grid = { axes: grid.axes, without: [] };
  if (gridSize(whole) > mostShownCells) {
    return [];
  }
  const out = new Set(grid.without.map(String));
  return cellsOf(whole).map((place) => ({
    place,
    made: !out.has(String(place)),
    label: cellAt(request, grid, place)
      .map(({ axis, value }) =>
        axis === "provider" ? titleOf(String(value).split("/")[0] ?? "") : (paramFacts({ [axis]: value }, fields)[0]?.value ?? "–"),
      )
      .join(" · "),
  }));
};
