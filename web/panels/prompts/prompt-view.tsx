// One prompt, style or list: the tree of its versions, and the chosen one with its wording, note, rating, results and examples.
import Dices from "lucide-solid/icons/dices";
import GitBranchPlus from "lucide-solid/icons/git-branch-plus";
import Pencil from "lucide-solid/icons/pencil";
import Sparkles from "lucide-solid/icons/sparkles";
import Trash from "lucide-solid/icons/trash";
import Undo from "lucide-solid/icons/undo-2";
import { createEffect, createMemo, createResource, createSignal, For, on, onCleanup, Show, type Accessor, type Component } from "solid-js";
import type { CallOutput } from "#protocol/contract.ts";
import type { Prompt } from "#protocol/prompt.ts";
import { openPanel } from "#web/dock/panel.ts";
import { readWords, someTexts, variablesOf } from "#web/panels/generate/words.ts";
import { brought } from "#web/store/brought.ts";
import { debounced } from "#web/store/debounced.ts";
import { newKey } from "#protocol/client/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { useWorkspace } from "#web/store/workspace.ts";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Segments, Select } from "#web/ui/choice.tsx";
import { FailedState } from "#web/ui/failed-state.tsx";
import { Skeleton } from "#web/ui/feedback.tsx";
import { formatCount } from "#web/ui/format.ts";
import { TextField } from "#web/ui/text-field.tsx";
import { toast } from "#web/ui/toast.tsx";
import { diffWords, type DiffPart } from "./diff.ts";
import type { PromptTask } from "./prompt-dialog.tsx";
import type { KnownLists, PromptsStore } from "./store.ts";
import { resultWords, treeOf, type Branch, type Version } from "./versions.ts";

const examples = 4;

interface ViewProps {
  readonly id: string;
  /** Shown first; null: the newest. */
  readonly versionId: string | null;
  readonly store: PromptsStore;
  readonly visible: Accessor<boolean>;
  readonly onTask: (task: PromptTask) => void;
}

/** Jobs that end together are one reason to read anew, ms. */
const restMs = 800;

export const PromptView: Component<ViewProps> = (props) => {
  const workspace = useWorkspace();
  const { client, draft, jobs } = workspace;
  const [known, setKnown] = createSignal<CallOutput<"prompts.get"> | null>(null);
  const [problem, setProblem] = createSignal<string | null>(null);
  const [chosen, setChosen] = createSignal<string | null>(null);
  let reading: AbortController | null = null;
  const read = () => {
    reading?.abort();
    const mine = new AbortController();
    reading = mine;
    client.call("prompts.get", { id: props.id }, { signal: mine.signal }).then(
      (found) => {
        if (reading === mine) {
          setProblem(null);
          setKnown(found);
        }
      },
      (error: unknown) => {
        if (reading === mine) {
          setProblem(sentenceOf(error));
        }
      },
    );
  };
  // Whatever changed of it, here or elsewhere, or came of it: its versions are read anew.
  const [ended, setEnded] = createSignal(0);
  onCleanup(jobs.onEnded(() => setEnded((now) => now + 1)));
  createEffect(
    on([() => props.store.row(props.id)?.rev, debounced(ended, restMs), () => props.visible()], ([, , visible]) => visible && read()),
  );
  // A version that was just made is looked at.
  const latest = createMemo(() => known()?.prompt.latest.id);
  createEffect(on(latest, (id, before) => setChosen((before === undefined ? props.versionId : null) ?? id ?? null)));
  onCleanup(() => reading?.abort());

  const prompt = (): Prompt | undefined => props.store.row(props.id) ?? known()?.prompt;
  const version = createMemo(() => known()?.versions.find(({ id }) => id === chosen()));
  const use = (of: Prompt, { id: versionId, number, text, negative }: Version) => {
    if (of.kind === "style") {
      draft.useStyle({ versionId, title: of.title, text, negative });
    } else {
      draft.usePrompt(text, { negative, origin: { versionId, title: of.title, number, text, negative } });
    }
    openPanel("generate", {});
  };
  const setDeleted = (of: Prompt, deleted: boolean): void => {
    const done = deleted
      ? client.call("prompts.delete", { ids: [of.id] }, { key: newKey() })
      : client.call("prompts.restore", { ids: [of.id] }, { key: newKey() });
    done.then(
      () => deleted && toast(`“${of.title}” is in the trash`, { action: { label: "Undo", onSelect: () => setDeleted(of, false) } }),
      (error: unknown) =>
        toast(`“${of.title}” could not be ${deleted ? "deleted" : "restored"}`, { tone: "bad", detail: sentenceOf(error) }),
    );
  };

  return (
    <Show
      when={known()}
      fallback={
        <Show when={problem()} fallback={<Skeleton class="prompts-skeleton" />}>
          {(message) => <FailedState title="It could not be read" problem={message()} onRetry={read} />}
        </Show>
      }
    >
      {(found) => (
        <Show when={prompt()}>
          {(now) => (
            <article class="prompt-view" aria-label={now().title}>
              <header class="prompt-top">
                <h3 class="truncate">{now().title}</h3>
                <IconButton
                  size="s"
                  label="Rename"
                  icon={Pencil}
                  onClick={() => props.onTask({ kind: "rename", promptKind: now().kind, id: now().id, title: now().title })}
                />
                <Show
                  when={now().deletedAt === null}
                  fallback={<IconButton size="s" label="Restore" icon={Undo} onClick={() => setDeleted(now(), false)} />}
                >
                  <IconButton size="s" label="Delete" icon={Trash} onClick={() => setDeleted(now(), true)} />
                </Show>
              </header>
              <nav aria-label="Versions">
                <Branches branches={treeOf(found().versions)} chosen={chosen()} onChoose={setChosen} />
              </nav>
              <Show when={version()}>
                {(shown) => (
                  <section class="prompt-version" aria-label={`Version ${shown().number}`}>
                    <div class="prompt-buttons">
                      <Show when={now().kind !== "list"}>
                        <Button tone="primary" size="s" icon={Sparkles} onClick={() => use(now(), shown())}>
                          Use in Generate
                        </Button>
                      </Show>
                      <Button
                        size="s"
                        icon={GitBranchPlus}
                        onClick={() =>
                          props.onTask({
                            kind: "version",
                            promptKind: now().kind,
                            parentId: shown().id,
                            title: now().title,
                            text: shown().text,
                            negative: shown().negative,
                          })
                        }
                      >
                        New version of it
                      </Button>
                    </div>
                    <p class="prompts-wording">{shown().text}</p>
                    <Show when={shown().negative !== ""}>
                      <p class="prompts-negative">{`Not: ${shown().negative}`}</p>
                    </Show>
                    <p class="prompts-row-facts">{resultWords(shown().results)}</p>
                    <Remarks version={shown()} onChanged={(prompts) => props.store.put(prompts)} />
                    <Show when={found().versions.length > 1}>
                      <Compared versions={found().versions} shown={shown()} />
                    </Show>
                    <Show when={now().kind === "prompt"}>
                      <Examples version={shown()} store={props.store} />
                    </Show>
                  </section>
                )}
              </Show>
            </article>
          )}
        </Show>
      )}
    </Show>
  );
};

interface BranchesProps {
  readonly branches: ReadonlyArray<Branch>;
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}

const Branches: Component<BranchesProps> = (props) => (
  <ul class="prompt-tree">
    <For each={props.branches}>
      {({ version, children }) => (
        <li>
          <button
            type="button"
            class="prompt-branch"
            aria-current={props.chosen === version.id ? "true" : undefined}
            onClick={() => props.onChoose(version.id)}
          >
            <strong>{`Version ${version.number}`}</strong>
            <Show when={version.rating}>{(rating) => <span aria-label={`rated ${rating()} of 5`}>{"★".repeat(rating())}</span>}</Show>
            <span class="muted truncate">{version.note === "" ? resultWords(version.results) : version.note}</span>
          </button>
          <Show when={children.length > 0}>
            <Branches branches={children} chosen={props.chosen} onChoose={props.onChoose} />
          </Show>
        </li>
      )}
    </For>
  </ul>
);

const ratings = ["0", "1", "2", "3", "4", "5"] as const;

/** What a person says of a version. */
const Remarks: Component<{ readonly version: Version; readonly onChanged: (prompts: ReadonlyArray<Prompt>) => void }> = (props) => {
  const { client } = useWorkspace();
  const [note, setNote] = createSignal("");
  const id = createMemo(() => props.version.id);
  const kept = createMemo(() => props.version.note);
  // Only these begin anew: what is typed outlasts a change of anything else.
  createEffect(on([id, kept], ([, now]) => setNote(now)));
  const annotate = (change: { readonly note?: string; readonly rating?: number | null }) => {
    client.call("prompts.annotate", { versionId: props.version.id, ...change }, { key: newKey() }).then(
      ({ prompt }) => props.onChanged([prompt]),
      (error: unknown) => toast("That could not be kept", { tone: "bad", detail: sentenceOf(error) }),
    );
  };
  return (
    <div class="prompt-remarks">
      <Segments
        label="Rating"
        value={ratings[props.version.rating ?? 0] ?? "0"}
        onChange={(value) => annotate({ rating: value === "0" ? null : Number(value) })}
        options={ratings.map((value) => ({ value, label: value === "0" ? "none" : value }))}
      />
      <TextField
        label="Note"
        value={note()}
        onInput={setNote}
        maxLength={2000}
        aside={
          <Show when={note() !== props.version.note}>
            <Button size="s" tone="ghost" onClick={() => annotate({ note: note() })}>
              Save the note
            </Button>
          </Show>
        }
      />
    </div>
  );
};

/** Two versions side by side, with what differs marked in both. */
const Compared: Component<{ readonly versions: ReadonlyArray<Version>; readonly shown: Version }> = (props) => {
  const [other, setOther] = createSignal("");
  const against = () => props.versions.find(({ id }) => id === other() && id !== props.shown.id);
  const compared = createMemo(() => {
    const old = against();
    return old === undefined
      ? undefined
      : { number: old.number, text: diffWords(old.text, props.shown.text), negative: diffWords(old.negative, props.shown.negative) };
  });
  return (
    <div class="prompt-compare">
      <Select
        label="Compare with"
        size="s"
        value={against() === undefined ? "" : other()}
        onChange={setOther}
        options={[
          { value: "", label: "No other version" },
          ...props.versions.filter(({ id }) => id !== props.shown.id).map(({ id, number }) => ({ value: id, label: `Version ${number}` })),
        ]}
      />
      <Show when={compared()}>
        {(parts) => (
          <div class="prompt-sides">
            <Side title={`Version ${parts().number}`} side="old" text={parts().text} negative={parts().negative} />
            <Side title={`Version ${props.shown.number}`} side="new" text={parts().text} negative={parts().negative} />
          </div>
        )}
      </Show>
    </div>
  );
};

interface SideProps {
  readonly title: string;
  readonly side: "old" | "new";
  readonly text: ReadonlyArray<DiffPart>;
  readonly negative: ReadonlyArray<DiffPart>;
}

const Side: Component<SideProps> = (props) => {
  const own = (parts: ReadonlyArray<DiffPart>) => parts.filter((part) => part.in === "both" || part.in === props.side);
  const Wording: Component<{ readonly parts: ReadonlyArray<DiffPart> }> = (shown) => (
    <For each={own(shown.parts)} fallback="nothing">
      {(part) => (part.in === "both" ? <span>{part.text}</span> : props.side === "old" ? <del>{part.text}</del> : <ins>{part.text}</ins>)}
    </For>
  );
  return (
    <section aria-label={`Words of ${props.title}`}>
      <h4>{props.title}</h4>
      <p class="prompts-wording">
        <Wording parts={props.text} />
      </p>
      <Show when={props.negative.length > 0}>
        <p class="prompts-negative">
          {"Not: "}
          <Wording parts={props.negative} />
        </p>
      </Show>
    </section>
  );
};

/** Values for its variables, and some texts that it becomes with them. */
const Examples: Component<{ readonly version: Version; readonly store: PromptsStore }> = (props) => {
  const [values, setValues] = createSignal<Readonly<Record<string, string>>>({});
  const [from, setFrom] = createSignal(0);
  const [lists] = createResource((): Promise<KnownLists> => props.store.lists().catch(() => new Map()));
  const words = createMemo(() => readWords(props.version.text, ""));
  const variables = createMemo(() => variablesOf({ texts: [props.version.text], negatives: null }, null));
  const given = () => Object.fromEntries(Object.entries(values()).filter(([, value]) => value !== ""));
  const texts = createMemo(() => {
    const known = brought(lists);
    return known === undefined ? [] : someTexts(words(), known, given(), from(), examples);
  });
  const fault = () => texts().find((each) => each.fault !== null)?.fault?.message;
  const different = () => [...new Set(texts().flatMap(({ text }) => text ?? []))];
  return (
    <Show when={!words().plain}>
      <section class="prompt-examples" aria-label="Examples">
        <header class="prompt-top">
          <h4>{`What it becomes (${formatCount(different().length, "example")})`}</h4>
          <IconButton size="s" label="Other examples" icon={Dices} onClick={() => setFrom((now) => now + examples)} />
        </header>
        <For each={variables().map(({ name }) => name)}>
          {(name) => (
            <TextField
              label={name}
              value={values()[name] ?? ""}
              placeholder={variables().find((each) => each.name === name)?.fallback ?? undefined}
              onInput={(value) => setValues((now) => ({ ...now, [name]: value }))}
            />
          )}
        </For>
        <Show when={fault()}>{(message) => <p class="prompt-fault">{message()}</p>}</Show>
        <ul class="prompt-texts">
          <For each={different()}>{(text) => <li class="prompts-wording">{text}</li>}</For>
        </ul>
      </section>
    </Show>
  );
};
