// The Generate panel: what to make, from what, how; drawn from what the provider says it can do.
import Eraser from "lucide-solid/icons/eraser";
import Grid2x2Plus from "lucide-solid/icons/grid-2x2-plus";
import Grid2x2X from "lucide-solid/icons/grid-2x2-x";
import RefreshCcwDot from "lucide-solid/icons/refresh-ccw-dot";
import Sparkles from "lucide-solid/icons/sparkles";
import { createEffect, createResource, createSignal, For, Match, on, Show, Switch, type Component } from "solid-js";
import { gridSize } from "#protocol/grid.ts";
import { Operation, type Job, type JobRequest, type ProviderSpec } from "#protocol/job.ts";
import { keysLabel, provideCommands } from "#web/app/commands.ts";
import { openPanel, type PanelProps } from "#web/dock/panel.ts";
import { readinessOf, type Readiness } from "#web/store/accounts.ts";
import { brought } from "#web/store/brought.ts";
import { newKey } from "#protocol/client/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Select } from "#web/ui/choice.tsx";
import { createDropZone } from "#web/ui/drop-zone.ts";
import { FailedState } from "#web/ui/failed-state.tsx";
import { EmptyState, Skeleton } from "#web/ui/feedback.tsx";
import { FormProblem } from "#web/ui/form-foot.tsx";
import { formatCount, formatMoment } from "#web/ui/format.ts";
import { onPastedFiles } from "#web/ui/pasted-files.ts";
import { NumberField } from "#web/ui/text-field.tsx";
import { toast } from "#web/ui/toast.tsx";
import { tip } from "#web/ui/tooltip.tsx";
import { AccountNotice } from "./account-notice.tsx";
import { createEstimate, EstimateView, priceToSend, type Batch } from "./estimate.tsx";
import { nowhere } from "./fallback.ts";
import { FallbackView } from "./fallback-view.tsx";
import { FieldView } from "./field-view.tsx";
import { createForm } from "./form.ts";
import { readDraft, writeDraft } from "./kept-draft.ts";
import { readKeptStyle } from "./kept-style.ts";
import { arrange, isWide } from "./schema.ts";
import { InputsView } from "./inputs-view.tsx";
import { Replacing } from "./replacing.tsx";
import { PresetsMenu } from "./presets-menu.tsx";
import { StyleMenu } from "./style-menu.tsx";
import { atOnce, requestAt, timeProblem, type When } from "./when.ts";
import { WhenView } from "./when-view.tsx";
import { VariablesView, WordsView } from "./words-view.tsx";
import { createFormIntake } from "./intake.ts";
import { canVary, firstVaried, shownCells } from "./varied.ts";
import { CellsView, VariedProviders, VaryView } from "./vary-view.tsx";
import "./generate.css";

/** Videos that one press may ask for. */
const mostAtOnce = 20;

const GeneratePanel: Component<PanelProps<"generate">> = (props) => {
  const { providers } = useWorkspace();
  providers.ensure();
  return (
    <Switch>
      <Match when={providers.problem() !== null}>
        <FailedState title="The providers could not be read" problem={providers.problem()} onRetry={providers.ensure} />
      </Match>
      <Match when={providers.list() === undefined}>
        <div class="generate-loading" aria-busy="true" aria-label="Loading">
          <Skeleton class="generate-skeleton" />
          <Skeleton class="generate-skeleton-tall" />
          <Skeleton class="generate-skeleton" />
        </div>
      </Match>
      <Match when={providers.list()?.length === 0}>
        <EmptyState title="No provider is set up">The server offers nothing that could make a video.</EmptyState>
      </Match>
      <Match when={providers.list()}>{(list) => <GenerateForm providers={list()} visible={props.visible} />}</Match>
    </Switch>
  );
};

export default GeneratePanel;

/** A server that starts anew meanwhile is waited for, ms. */
const answerWithinMs = 120_000;
const needsAttention = "Some fields need your attention.";

const GenerateForm: Component<{ readonly providers: ReadonlyArray<ProviderSpec>; readonly visible: () => boolean }> = (props) => {
  const workspace = useWorkspace();
  const { client, jobs, assets, accounts, draft, user } = workspace;
  const userId = user().id;
  const form = createForm({
    providers: () => props.providers,
    kindOf: (id) => assets.peek(id)?.mediaType,
    kept: readDraft(userId),
    onKeep: (kept) => writeDraft(userId, kept),
  });
  const intake = createFormIntake(workspace, form);
  readKeptStyle(client, form);
  const [count, setCount] = createSignal<number | null>(1);
  const [when, setWhen] = createSignal<When>(atOnce);
  /** What is changed stays where it is in the queue. */
  const whenAsked = () => (draft.replacing() === null ? when() : atOnce);
  const [whenError, setWhenError] = createSignal<string>();
  const [quota] = createResource(() =>
    client.call("quotas.get", {}).catch(
      // Then the usual ones are offered, and the server says what may not be.
      () => undefined,
    ),
  );
  const top = () => brought(quota)?.topPriority ?? null;
  const [sending, setSending] = createSignal(false);
  /** The providers are shown, to choose those that stand side by side. */
  const [comparing, setComparing] = createSignal(false);
  const [problems, setProblems] = createSignal<ReadonlyArray<string>>([]);
  const [lastBatch, setLastBatch] = createSignal<Batch | null>(null);
  let root: HTMLFormElement | undefined;
  let prompt: HTMLElement | undefined;

  // What the gallery, a job or the palette has asked for meanwhile.
  createEffect(() => {
    if (draft.wishes().length > 0) {
      for (const wish of draft.take()) {
        if (!form.take(wish)) {
          toast("This operation cannot use that", { tone: "warn", detail: "Choose another operation, or remove an input first." });
        }
      }
    }
  });

  const countError = () => {
    const now = count();
    // One that is changed stays one.
    if (draft.replacing() !== null) {
      return undefined;
    }
    return now === null || !Number.isInteger(now) || now < 1 || now > mostAtOnce ? `From 1 to ${mostAtOnce}.` : undefined;
  };
  const ofEach = () => (draft.replacing() === null && countError() === undefined ? (count() ?? 1) : 1);
  const howMany = () => {
    const grid = form.grid();
    return ofEach() * (grid === null ? 1 : gridSize(grid));
  };
  // What was said of another order says nothing of this one.
  createEffect(on(draft.replacing, () => setProblems([]), { defer: true }));
  const batchOf = (request: JobRequest | null): Batch | null => {
    const grid = form.grid();
    return request === null
      ? null
      : { request: requestAt(request, whenAsked(), top()), count: ofEach(), ...(grid === null ? {} : { grid }) };
  };

  /** While accounts are not known, nothing is said of them. */
  const readiness = (of: ProviderSpec): Readiness => {
    const known = accounts.list();
    return known === undefined ? { kind: "ready", places: of.concurrency } : readinessOf(of, known, userId);
  };
  const places = (id: string) => {
    const provider = props.providers.find((each) => each.id === id);
    const now = provider === undefined ? undefined : readiness(provider);
    return now?.kind === "ready" ? now.places : 1;
  };
  const estimate = createEstimate({
    batch: () => (timeProblem(whenAsked(), Date.now()) === undefined ? batchOf(form.request(false)) : null),
    promptKey: form.promptKey,
    places,
    untold: (id) => props.providers.find((each) => each.id === id && each.account?.untold === true)?.title ?? null,
    onFine: () => {
      form.fine();
      setProblems([]);
    },
    onRefused: (error) => setProblems(form.refused(error).rest),
  });
  /** Of the one provider of the form the notice above says it already; what the server has just refused it for stands above, too. */
  const obstacles = () => {
    const provider = form.provider();
    return provider !== undefined && readiness(provider).kind !== "ready"
      ? []
      : estimate.obstacles().filter((obstacle) => !problems().includes(obstacle));
  };
  const sendWords = () => {
    const many = howMany() > 1 ? ` ${howMany().toLocaleString("en")}` : "";
    return `${draft.replacing() === null ? `Generate${many}` : "Change it"}${priceToSend(estimate.total())}`;
  };
  /** Providers that offer the operation of the form. */
  const offering = () => props.providers.filter((each) => each.operations.some(({ operation }) => operation === form.spec()?.operation));
  const elsewhere = () => offering().filter(({ id }) => id !== form.provider()?.id);
  const cells = () => {
    const [grid, spec] = [form.grid(), form.spec()];
    return grid === null || spec === undefined ? [] : shownCells(grid, form.fields(), spec, workspace.providers.title);
  };

  const accepted = (made: ReadonlyArray<Job>, batch: Batch) => {
    jobs.put(made);
    setLastBatch(batch);
    estimate.soon();
    const [first] = made;
    if (first !== undefined) {
      openPanel("job", { jobId: first.id }, { inBackground: true });
      const many = made.length > 1;
      const isScheduled = first.state === "scheduled" && first.scheduledFor !== null;
      // What holds jobs back was told before they were asked for.
      const held = isScheduled ? undefined : estimate.obstacles()[0];
      const videos = many ? formatCount(made.length, "video") : "The video";
      const words = isScheduled
        ? `${videos} ${many ? "are" : "is"} scheduled for ${formatMoment(first.scheduledFor ?? 0, Date.now())}`
        : held !== undefined
          ? `${videos} ${many ? "are" : "is"} in the queue`
          : `${videos} ${many ? "are on their" : "is on its"} way`;
      toast(words, {
        tone: "ok",
        ...(held === undefined ? {} : { detail: held }),
        stayMs: 4000,
        action: { label: "Show", onSelect: () => openPanel("job", { jobId: first.id }) },
      });
    }
  };
  const send = (batch: Batch) => {
    setSending(true);
    setProblems([]);
    const replaced = draft.replacing();
    const options = { key: newKey(), deadlineMs: answerWithinMs };
    const asked =
      replaced === null
        ? client.call("jobs.create", batch, options).then(({ jobs: made }) => accepted(made, batch))
        : client
            .call(
              "jobs.replace",
              { id: replaced.id, request: { ...batch.request, ...(replaced.name === null ? {} : { name: replaced.name }) } },
              options,
            )
            .then((job) => {
              jobs.put([job]);
              draft.replaceNothing();
              toast("Changed: it keeps its place", {
                tone: "ok",
                stayMs: 4000,
                action: { label: "Show", onSelect: () => openPanel("job", { jobId: job.id }) },
              });
            });
    asked
      .then(
        () => undefined,
        (error: unknown) => {
          const { atFields, rest } = form.refused(error);
          setProblems(rest.length > 0 ? rest : [atFields ? needsAttention : sentenceOf(error)]);
          focusFirstError();
        },
      )
      .finally(() => setSending(false));
  };
  const focusFirstError = () =>
    queueMicrotask(() => {
      const first = root?.querySelector<HTMLElement>("[aria-invalid=true], [data-invalid]");
      // With its title.
      (first?.closest(".generate-field") ?? first)?.scrollIntoView({ block: "nearest" });
      (first?.matches("fieldset, section") ? first.querySelector<HTMLElement>("input, button") : first)?.focus({ preventScroll: true });
    });
  const submit = () => {
    if (sending()) {
      return;
    }
    const batch = batchOf(form.request(true));
    setWhenError(timeProblem(whenAsked(), Date.now()));
    if (draft.replacing() !== null && batch !== null && howMany() > 1) {
      setProblems(["One job is changed into one: give each field one value."]);
      return;
    }
    if (batch === null || countError() !== undefined || whenError() !== undefined) {
      setProblems([needsAttention]);
      focusFirstError();
      return;
    }
    send(batch);
  };
  const repeat = () => {
    const last = lastBatch();
    // It would be what the job is changed into.
    if (last !== null && !sending() && draft.replacing() === null) {
      const { scheduledFor: _when, ...request } = last.request;
      const { seed: _seed, ...params } = request.params;
      send({ ...last, request: { ...request, params }, count: 1 });
    }
  };

  const refer = (name: string) => {
    const key = form.promptKey();
    if (key !== undefined && name !== "") {
      const text = String(form.values()[key] ?? "");
      form.setValue(key, `${text}${text === "" || text.endsWith(" ") ? "" : " "}@${name} `);
      prompt?.focus();
    }
  };
  /** The slot that takes files of this kind; none: another operation may. */
  const slotForFiles = (files: ReadonlyArray<File>) => {
    const kind = files[0]?.type.split("/")[0];
    return form.spec()?.inputs.find((slot) => slot.accepts.some((each) => each === kind));
  };
  // What a slot took does not come here.
  const { over, zone } = createDropZone(["assets", "files"], (event, carries) => {
    if (carries === "files") {
      const files = [...(event.dataTransfer?.files ?? [])];
      intake.add(files, slotForFiles(files));
    } else {
      intake.useDropped(event, undefined);
    }
  });
  onPastedFiles(
    () => root,
    (files) => intake.add(files, slotForFiles(files)),
  );

  provideCommands(() => [
    {
      id: "generate.submit",
      title: "Generate",
      group: "Generate",
      icon: Sparkles,
      keys: "mod+enter",
      words: "submit create video",
      run: submit,
    },
    ...(lastBatch() === null || draft.replacing() !== null
      ? []
      : [
          {
            id: "generate.repeat",
            title: "Again with a new seed",
            group: "Generate",
            icon: RefreshCcwDot,
            keys: "mod+shift+enter",
            run: repeat,
          },
        ]),
    {
      id: "generate.prompt",
      title: "Write a prompt",
      group: "Generate",
      keys: "/",
      run: () => {
        openPanel("generate", {});
        prompt?.focus();
      },
    },
  ]);

  return (
    <form
      class="generate"
      data-keep-clear
      ref={(element) => (root = element)}
      noValidate
      data-over={over() ? "" : undefined}
      {...zone}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="generate-top">
        <Replacing />
        <Show when={props.providers.length > 1}>
          <Select
            label="Provider"
            value={form.provider()?.id ?? ""}
            onChange={form.setProvider}
            options={props.providers.map((each) => ({
              value: each.id,
              label: readiness(each).kind === "none" ? `${each.title} (needs an account)` : each.title,
            }))}
            aside={
              <Show when={offering().length > 1}>
                <IconButton
                  size="s"
                  label={comparing() ? "One provider again" : "Vary: Provider"}
                  icon={comparing() ? Grid2x2X : Grid2x2Plus}
                  onClick={() => {
                    form.setBeside([]);
                    setComparing((now) => !now);
                  }}
                />
              </Show>
            }
          />
        </Show>
        <Show when={form.beside().length > 0 || comparing()}>
          <VariedProviders providers={offering()} chosen={form.beside()} current={form.provider()?.id ?? ""} onChange={form.setBeside} />
        </Show>
        <Show when={form.provider()}>{(provider) => <AccountNotice provider={provider()} readiness={readiness(provider())} />}</Show>
        <Select
          label="Make"
          value={form.spec()?.operation ?? "text_to_video"}
          onChange={form.setOperation}
          options={(form.provider()?.operations ?? []).map(({ operation, title }) => ({ value: Operation.parse(operation), label: title }))}
          aside={
            <span class="generate-tools">
              <PresetsMenu
                current={() => {
                  const [provider, spec] = [form.provider(), form.spec()];
                  return provider === undefined || spec === undefined
                    ? null
                    : {
                        provider: provider.id,
                        operation: spec.operation,
                        params: form.values(),
                        ...(form.elsewhere().providers.length === 0 ? {} : { elsewhere: form.elsewhere() }),
                        ...(form.style() === null ? {} : { style: form.style() }),
                      };
                }}
                onApply={({ elsewhere: goesOn = nowhere, style = null, ...preset }) => {
                  form.take({ kind: "restore", ...preset, inputs: form.inputs() });
                  form.setElsewhere(goesOn);
                  form.setStyle(style);
                }}
                onIdea={(text) => {
                  form.take({ kind: "prompt", text });
                  prompt?.focus();
                }}
              />
              <IconButton
                size="s"
                label="Clear the form"
                icon={Eraser}
                onClick={() => {
                  form.clear();
                  setComparing(false);
                  setCount(1);
                  setWhen(atOnce);
                  setWhenError(undefined);
                }}
              />
            </span>
          }
        />
        <p class="generate-about" {...tip(form.spec()?.summary ?? "")}>
          {form.spec()?.summary}
        </p>
      </div>

      <div class="generate-fields">
        <InputsView form={form} intake={intake} onRefer={refer} />
        <For each={arrange(form.fields())}>
          {(field) => (
            <div
              class="generate-field"
              data-wide={isWide(field) || form.varied()[field.key] !== undefined ? "" : undefined}
              data-can-vary={canVary(field) ? "" : undefined}
            >
              <Show
                when={form.varied()[field.key]}
                fallback={
                  <>
                    <FieldView
                      field={field}
                      value={form.values()[field.key]}
                      error={form.errors()[field.key]}
                      onChange={(value) => form.setValue(field.key, value)}
                      promptRef={(element) => field.key === form.promptKey() && (prompt = element)}
                    />
                    <Show when={field.key === form.promptKey() ? form.words() : null}>
                      {(words) => <WordsView form={form} words={words()} told={form.errors()[field.key] !== undefined} />}
                    </Show>
                  </>
                }
              >
                {(given) => (
                  <>
                    <VaryView
                      field={field}
                      given={given()}
                      error={form.errors()[field.key]}
                      variables={field.kind === "text" && field.isPrompt ? form.variables() : null}
                      onChange={(next) => form.vary(field.key, next)}
                    />
                    <Show when={field.key === form.promptKey()}>
                      <VariablesView form={form} />
                      <StyleMenu form={form} />
                    </Show>
                  </>
                )}
              </Show>
              <Show when={canVary(field)}>
                <IconButton
                  class="generate-vary"
                  size="s"
                  label={form.varied()[field.key] === undefined ? `Vary: ${field.title}` : `One value again: ${field.title}`}
                  icon={form.varied()[field.key] === undefined ? Grid2x2Plus : Grid2x2X}
                  onClick={() =>
                    form.vary(field.key, form.varied()[field.key] === undefined ? firstVaried(field, form.values()[field.key]) : null)
                  }
                />
              </Show>
            </div>
          )}
        </For>
        <Show when={elsewhere().length > 0}>
          <div class="generate-field generate-elsewhere" data-wide="">
            <FallbackView providers={elsewhere()} elsewhere={form.elsewhere()} onChange={form.setElsewhere} prices={estimate.fallbacks()} />
          </div>
        </Show>
        <Show when={draft.replacing() === null}>
          <div class="generate-field generate-when" data-wide="">
            <WhenView
              when={when()}
              top={top()}
              error={whenError()}
              onChange={(next) => {
                setWhen(next);
                setWhenError(undefined);
              }}
            />
          </div>
        </Show>
        <div class="generate-field" data-wide="">
          <CellsView cells={cells()} onToggle={form.toggleCell} />
        </div>
      </div>

      <footer class="generate-send">
        <FormProblem problem={problems()} />
        <EstimateView total={estimate.total()} state={estimate.state()} isMarked={form.isMarked()} onShowMarked={focusFirstError} />
        <For each={obstacles()}>{(obstacle) => <p class="generate-obstacle">{obstacle}</p>}</For>
        <div class="generate-buttons">
          <Show when={draft.replacing() === null}>
            <div class="generate-count">
              <NumberField
                label="How many"
                hideLabel
                min={1}
                max={mostAtOnce}
                step={1}
                value={count()}
                error={countError()}
                onChange={setCount}
              />
            </div>
          </Show>
          <Show when={draft.replacing() === null ? lastBatch() : null}>
            <IconButton
              label="Again with a new seed"
              keys={keysLabel("mod+shift+enter")}
              icon={RefreshCcwDot}
              tone="neutral"
              disabled={sending()}
              onClick={repeat}
            />
          </Show>
          <Button type="submit" tone="primary" icon={Sparkles} busy={sending()} {...tip("Generate", keysLabel("mod+enter"))}>
            {sendWords()}
          </Button>
        </div>
      </footer>
    </form>
  );
};
