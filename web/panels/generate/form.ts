// The state of the Generate form: what is chosen and filled in, kept over reloads, and how it becomes a request.
import { batch, createEffect, createMemo, createSignal, on, untrack, type Accessor } from "solid-js";
import type { Asset } from "#protocol/asset.ts";
import type { Place } from "#protocol/grid.ts";
import type { Grid, JobRequest, Operation, OperationSpec, ProviderSpec } from "#protocol/job.ts";
import { negativeField, type ChosenStyle, type DraftInput, type DraftWish, type PromptOrigin } from "#web/store/draft.ts";
import { elsewhereOf, fallbackOf, minutesProblem, nowhere, occasionsProblem, type Elsewhere } from "./fallback.ts";
import type { Kept } from "./kept-draft.ts";
import { addInput, checkInputs, moveInput, placeIssues, refitInputs } from "./inputs.ts";
import { issuesOf } from "#web/store/problem.ts";
import { promptRequest, readWords, variablesOf, wordProblem, type Variable, type Words, type Written } from "./words.ts";
import { fitValues, readFields, toParams, validate, type FieldErrors, type FormField, type FormValues } from "./schema.ts";
import { gridOf, issueAtField, valuesAtFirst, variedErrors, variedValues, type Varied, type VariedValue } from "./varied.ts";

export interface Form {
  readonly provider: Accessor<ProviderSpec | undefined>;
  readonly spec: Accessor<OperationSpec | undefined>;
  readonly fields: Accessor<ReadonlyArray<FormField>>;
  readonly values: Accessor<FormValues>;
  readonly inputs: Accessor<ReadonlyArray<DraftInput>>;
  /** Of the fields, by key. Shown from the first try to submit on, and cleared field by field as they are changed. */
  readonly errors: Accessor<FieldErrors>;
  /** Of the inputs, by role. */
  readonly inputErrors: Accessor<FieldErrors>;
  /** Some field or slot that is shown has a message. */
  readonly isMarked: Accessor<boolean>;
  readonly setProvider: (id: string) => void;
  readonly setOperation: (operation: Operation) => void;
  readonly setValue: (key: string, value: unknown) => void;
  /** False: no slot of this operation takes it. */
  readonly add: (asset: Pick<Asset, "id" | "mediaType">, role?: DraftInput["role"], timeMs?: number) => boolean;
  readonly removeInput: (at: number) => void;
  readonly moveInput: (at: number, by: -1 | 1) => void;
  readonly nameInput: (at: number, name: string) => void;
  /** Fields that are given several values. */
  readonly varied: Accessor<Varied>;
  /** Null: it has one value again. */
  readonly vary: (key: string, given: VariedValue | null) => void;
  /** Providers that the form's own stands beside. */
  readonly beside: Accessor<ReadonlyArray<string>>;
  readonly setBeside: (ids: ReadonlyArray<string>) => void;
  readonly grid: Accessor<Grid | null>;
  /** Where it is to go on when its provider does not make it. */
  readonly elsewhere: Accessor<Elsewhere>;
  readonly setElsewhere: (elsewhere: Elsewhere) => void;
  /** Leaves a cell out, or makes it again. */
  readonly toggleCell: (place: Place) => void;
  /** The request as it stands, or null where something is still wrong; `show` marks what. */
  readonly request: (show: boolean) => JobRequest | null;
  /** Puts the server's refusal at the fields; answers whether any got a message, and what belongs to none. */
  readonly refused: (error: unknown) => { readonly atFields: boolean; readonly rest: ReadonlyArray<string> };
  /** What was refused is right now: the marks are taken away. */
  readonly fine: () => void;
  readonly take: (wish: DraftWish) => boolean;
  /** Of the field that takes the prompt, which is the first of its kind: a negative one stands after it. */
  readonly promptKey: Accessor<string | undefined>;
  /** What the prompt says; null where the operation takes none. */
  readonly words: Accessor<Words | null>;
  /** Variables of the prompt, of all that it is varied by, and of the style around it. */
  readonly asked: Accessor<ReadonlyArray<Variable>>;
  /** The prompt and the negative prompt as they stand; null: the operation takes no negative one. */
  readonly wording: Accessor<{ readonly text: string; readonly negative: string | null }>;
  /** Values of variables, by name; also of some that the prompt does not have any more. */
  readonly variables: Accessor<Readonly<Record<string, string>>>;
  readonly setVariable: (name: string, value: string) => void;
  /** The version of the library that was taken, changed since or not. */
  readonly origin: Accessor<PromptOrigin | null>;
  readonly setOrigin: (origin: PromptOrigin | null) => void;
  readonly style: Accessor<ChosenStyle | null>;
  readonly setStyle: (style: ChosenStyle | null) => void;
  /** All fields as the provider proposes them, without inputs. */
  readonly clear: () => void;
}

interface FormOptions {
  readonly providers: Accessor<ReadonlyArray<ProviderSpec>>;
  readonly kindOf: (assetId: string) => Asset["mediaType"] | undefined;
  /** What was kept of an earlier visit. */
  readonly kept: Kept | null;
  readonly onKeep: (kept: Kept) => void;
}

export const createForm = (options: FormOptions): Form => {
  const { kept } = options;
  const [providerId, setProviderId] = createSignal(kept?.provider ?? "");
  const [operation, setOperationSignal] = createSignal<Operation>(kept?.operation ?? "text_to_video");
  /** Values of all operations together: a prompt or a duration goes along to the next operation where it fits. */
  const [allValues, setAllValues] = createSignal<FormValues>(kept?.values ?? {});
  const [allInputs, setInputs] = createSignal<ReadonlyArray<DraftInput>>([]);
  const [errors, setErrors] = createSignal<FieldErrors>({});
  const [inputErrors, setInputErrors] = createSignal<FieldErrors>({});

  const [varied, setVaried] = createSignal<Varied>(kept?.varied ?? {});
  const [beside, setBeside] = createSignal<ReadonlyArray<string>>(kept?.beside ?? []);
  const [elsewhere, setElsewhere] = createSignal<Elsewhere>(kept?.elsewhere ?? nowhere);
  const [variables, setVariables] = createSignal<Readonly<Record<string, string>>>(kept?.variables ?? {});
  const [origin, setOrigin] = createSignal<PromptOrigin | null>(kept?.origin ?? null);
  const [style, setStyle] = createSignal<ChosenStyle | null>(kept?.style ?? null);
  const [without, setWithout] = createSignal<ReadonlyArray<Place>>(kept?.without ?? []);

  const provider = createMemo(() => options.providers().find(({ id }) => id === providerId()) ?? options.providers()[0]);
  const spec = createMemo(() => provider()?.operations.find((each) => each.operation === operation()) ?? provider()?.operations[0]);
  const fields = createMemo(() => readFields(spec()?.params ?? {}));
  const values = createMemo(() => fitValues(fields(), allValues()));
  const promptKey = createMemo(() => fields().find((field) => field.kind === "text" && field.isPrompt)?.key);
  const takesNegative = () => fields().some(({ key }) => key === negativeField);
  const textAt = (params: FormValues, key: string | undefined) => {
    const text = key === undefined ? undefined : params[key];
    return typeof text === "string" ? text : "";
  };
  const wording = createMemo(
    () => ({ text: textAt(values(), promptKey()), negative: takesNegative() ? textAt(values(), negativeField) : null }),
    undefined,
    { equals: (a, b) => a.text === b.text && a.negative === b.negative },
  );
  const words = createMemo(() => (promptKey() === undefined ? null : readWords(wording().text, wording().negative)));
  /** As it is sent, in all cells; null: the operation takes no prompt. */
  const written = createMemo((): Written | null => {
    const params = toParams(fields(), values());
    const textsAt = (key: string): ReadonlyArray<string> => {
      const field = fields().find((each) => each.key === key);
      const given = varied()[key];
      return field === undefined || given === undefined ? [textAt(params, key)] : variedValues(field, given).map(String);
    };
    const key = promptKey();
    return key === undefined ? null : { texts: textsAt(key), negatives: takesNegative() ? textsAt(negativeField) : null };
  });
  const asked = createMemo((): ReadonlyArray<Variable> => {
    const now = written();
    return now === null ? [] : variablesOf(now, style());
  });
  const slots = () => spec()?.inputs ?? [];
  const grid = createMemo(() => {
    const [nowProvider, nowSpec] = [provider(), spec()];
    if (nowProvider === undefined || nowSpec === undefined) {
      return null;
    }
    const { operation: now } = nowSpec;
    const providers = options
      .providers()
      .filter((each) => each.id === nowProvider.id || (beside().includes(each.id) && each.operations.some((one) => one.operation === now)));
    return gridOf({
      fields: fields(),
      values: valuesAtFirst(fields(), values(), varied()),
      varied: varied(),
      providers,
      request: { provider: nowProvider.id, operation: now },
      without: without(),
    });
  });
  /** Cells are known by their places, which are others now. */
  const changeAxes = (change: () => void) =>
    batch(() => {
      change();
      setWithout([]);
    });

  /** Undefined where there is no provider yet. */
  const toKeep = (): Kept | undefined => {
    const [nowProvider, nowSpec] = [provider(), spec()];
    return nowProvider === undefined || nowSpec === undefined
      ? undefined
      : {
          provider: nowProvider.id,
          operation: nowSpec.operation,
          values: allValues(),
          variables: variables(),
          origin: origin(),
          style: style(),
          elsewhere: elsewhere(),
          varied: varied(),
          beside: beside(),
          without: without(),
        };
  };
  createEffect(on(toKeep, (now) => now !== undefined && options.onKeep(now), { defer: true }));
  const withoutKey = (messages: FieldErrors, key: string): FieldErrors => {
    const { [key]: _, ...others } = messages;
    return others;
  };
  const changeInputs = (next: ReadonlyArray<DraftInput>) => {
    batch(() => {
      setInputs(next);
      setInputErrors({});
    });
  };
  const choose = (change: () => void) => {
    batch(() => {
      changeAxes(change);
      setErrors({});
      setInputErrors({});
      setInputs((inputs) => refitInputs(untrack(slots), inputs, options.kindOf));
    });
  };
  const setOperation = (next: Operation) => {
    if (next !== untrack(spec)?.operation) {
      choose(() => setOperationSignal(next));
    }
  };
  const add: Form["add"] = (asset, role, timeMs) => {
    const next = addInput(
      untrack(slots),
      untrack(allInputs),
      { assetId: asset.id, mediaType: asset.mediaType, ...(timeMs === undefined ? {} : { timeMs }) },
      role,
    );
    if (next === null) {
      return false;
    }
    changeInputs(next);
    return true;
  };

  return {
    provider,
    spec,
    fields,
    values,
    inputs: allInputs,
    errors,
    inputErrors,
    isMarked: () =>
      fields().some(({ key }) => errors()[key] !== undefined) || slots().some(({ role }) => inputErrors()[role] !== undefined),
    setProvider: (id) => choose(() => setProviderId(id)),
    setOperation,
    setValue: (key, value) => {
      batch(() => {
        setAllValues((now) => ({ ...now, [key]: value }));
        setErrors((now) => withoutKey(now, key));
      });
    },
    add,
    removeInput: (at) => changeInputs(untrack(allInputs).filter((_, index) => index !== at)),
    moveInput: (at, by) => changeInputs(moveInput(untrack(allInputs), at, by)),
    nameInput: (at, name) => {
      const input = untrack(allInputs)[at];
      if (input !== undefined) {
        changeInputs(untrack(allInputs).with(at, { ...input, name }));
      }
    },
    varied,
    vary: (key, given) =>
      changeAxes(() => {
        setVaried(({ [key]: _, ...others }) => (given === null ? others : { ...others, [key]: given }));
        setErrors((now) => withoutKey(now, key));
      }),
    beside,
    setBeside: (ids) => changeAxes(() => setBeside(ids)),
    grid,
    elsewhere,
    setElsewhere,
    toggleCell: (place) =>
      setWithout((now) => {
        const others = now.filter((each) => String(each) !== String(place));
        return others.length < now.length ? others : [...now, place];
      }),
    request: (show) => {
      const [nowProvider, nowSpec] = [provider(), spec()];
      if (nowProvider === undefined || nowSpec === undefined) {
        return null;
      }
      const nowValues = valuesAtFirst(fields(), values(), varied());
      const wrong = { ...validate(fields(), nowValues, wordProblem), ...variedErrors(fields(), varied()) };
      const wrongInputs = checkInputs(nowSpec.inputs, allInputs());
      if (show) {
        batch(() => {
          setErrors(wrong);
          setInputErrors(wrongInputs);
        });
      }
      const fallback = fallbackOf(elsewhere(), options.providers(), nowValues, { provider: nowProvider.id, operation: nowSpec.operation });
      const wrongElsewhere = fallback === undefined ? undefined : (occasionsProblem(elsewhere()) ?? minutesProblem(elsewhere()));
      if (Object.keys(wrong).length + Object.keys(wrongInputs).length > 0 || wrongElsewhere !== undefined) {
        return null;
      }
      const said = written();
      const prompt = said === null ? undefined : promptRequest(said, origin(), style(), variables());
      return {
        operation: nowSpec.operation,
        provider: nowProvider.id,
        params: toParams(fields(), nowValues),
        inputs: [...allInputs()],
        priority: 5,
        ...(prompt === undefined ? {} : { prompt }),
        ...(fallback === undefined ? {} : { fallback }),
      };
    },
    refused: (error) => {
      const issues = issuesOf(error).map((issue) => issueAtField(issue, untrack(fields), untrack(grid)));
      const placed = placeIssues(issues, untrack(allInputs));
      const known = new Set(untrack(fields).map(({ key }) => key));
      batch(() => {
        setErrors(placed.params);
        setInputErrors(placed.inputs);
      });
      return {
        atFields: Object.keys(placed.inputs).length > 0 || Object.keys(placed.params).some((key) => known.has(key)),
        rest: [
          ...placed.rest,
          ...Object.entries(placed.params).flatMap(([key, message]) => (known.has(key) ? [] : [`${key}: ${message}`])),
        ],
      };
    },
    fine: () =>
      batch(() => {
        setErrors({});
        setInputErrors({});
      }),
    take: (wish) => {
      switch (wish.kind) {
        case "prompt": {
          const prompt = untrack(promptKey);
          if (prompt !== undefined) {
            batch(() => {
              setAllValues((now) => ({
                ...now,
                [prompt]: wish.text,
                ...(wish.negative === undefined ? {} : { [negativeField]: wish.negative }),
              }));
              setOrigin(wish.origin ?? null);
              setErrors((now) => withoutKey(now, prompt));
            });
          }
          return prompt !== undefined;
        }
        case "style":
          setStyle(wish.style);
          return untrack(promptKey) !== undefined;
        case "restore":
          changeAxes(() => {
            setOrigin(null);
            setStyle(null);
            setVaried({});
            setBeside([]);
            setElsewhere(wish.fallback === undefined ? nowhere : elsewhereOf(wish.fallback));
            setProviderId(wish.provider);
            setOperationSignal(wish.operation);
            setAllValues((now) => ({ ...now, seed: undefined, ...wish.params }));
            setErrors({});
          });
          changeInputs(wish.inputs);
          return true;
        case "useResult": {
          const taken = (kind: "video" | "image") =>
            untrack(provider)?.operations.filter((each) => each.inputs.some((slot) => slot.accepts.includes(kind))) ?? [];
          const takers = [...taken("video"), ...taken("image")];
          const fits = takers.some((each) => each.operation === untrack(spec)?.operation);
          const [first] = takers;
          if (!fits && first !== undefined) {
            setOperation(first.operation);
          }
          const next = addInput(untrack(slots), untrack(allInputs), { jobId: wish.jobId });
          if (next !== null) {
            changeInputs(next);
          }
          return next !== null;
        }
        case "useAsset": {
          const takers =
            untrack(provider)?.operations.filter((each) => each.inputs.some((slot) => slot.accepts.includes(wish.mediaType))) ?? [];
          const wanted =
            wish.operation ?? (takers.some((each) => each.operation === untrack(spec)?.operation) ? undefined : takers[0]?.operation);
          if (wanted !== undefined) {
            setOperation(wanted);
          }
          return add({ id: wish.assetId, mediaType: wish.mediaType }, undefined, wish.timeMs);
        }
      }
    },
    promptKey,
    words,
    asked,
    wording,
    variables,
    setVariable: (name, value) => setVariables((now) => ({ ...now, [name]: value })),
    origin,
    setOrigin,
    style,
    setStyle,
    clear: () => {
      changeAxes(() => {
        setOrigin(null);
        setStyle(null);
        setVariables({});
        setAllValues({});
        setVaried({});
        setBeside([]);
        setElsewhere(nowhere);
        setErrors({});
      });
      changeInputs([]);
    },
  };
};
