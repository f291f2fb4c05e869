// One scene as it is edited: what the server has, with the edits of this window over it, which are sent as they are made. Others' changes come
// as they are made and stay; of the same property the last word counts, and undoing takes back one's own alone. When its last editor is closed,
// what was not saved is still sent, and tried for a while; a toast says what was given up, and why.
import { createMemo, createSignal, type Accessor } from "solid-js";
import { SceneBody } from "#protocol/scene/scene.ts";
import type { Scene } from "#protocol/scene.ts";
import { CallError, errorCatalogue } from "#protocol/wire/errors.ts";
import type { Client } from "#web/store/client.ts";
import { newKey } from "#protocol/client/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import type { Save, Unsaved } from "#web/store/session.ts";
import { toast } from "#web/ui/toast.tsx";
import { condensed, inverseOf, narrowed, sparing, subjectOf, type Edits } from "./edits.ts";
import { graphOf, type SceneGraph } from "./graph.ts";
import { answered, edited, heard, read, refused, sent, shownOf, steady, type Replica } from "./replica.ts";

type SceneState = { readonly kind: "loading" | "ready" } | { readonly kind: "failed"; readonly problem: string };
/**
 * `saved`: the server has everything; `waiting`: it did not take it and is asked again by and by; `refused`: it does not take what was made, which
 * stays here until it is changed so that it fits, or dropped.
 */
type Saving = { readonly kind: "saved" | "saving" } | { readonly kind: "waiting" | "refused"; readonly problem: string };

export interface SceneStore {
  readonly state: Accessor<SceneState>;
  readonly saving: Accessor<Saving>;
  readonly scene: Accessor<Scene | null>;
  readonly body: Accessor<SceneBody>;
  readonly graph: Accessor<SceneGraph>;
  /** False where it is shared for looking at only, and where it is not shared any more. */
  readonly canEdit: Accessor<boolean>;
  /**
   * Makes edits and sends them. Those with the same `join` in a row are undone together: letters of a title. Answers false where the scene
   * would not be one any more or may not be changed, and leaves it as it is.
   */
  readonly apply: (edits: Edits, join?: string) => boolean;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly canUndo: Accessor<boolean>;
  readonly canRedo: Accessor<boolean>;
  /** Takes a scene that a call answered. */
  readonly put: (scene: Scene) => void;
  /** Reads anew, or sends again. */
  readonly retry: () => void;
  /** Gives up what was refused, and what was made after it. */
  readonly drop: () => void;
}

/** A store and who uses it. */
export interface KeptStore {
  readonly store: SceneStore;
  /** An editor takes it, also one that was left with something unsaved. */
  readonly enter: () => void;
  readonly leave: () => void;
  /** Sends what waits at once. Resolves once everything is saved, once it is known that it is not taken, or when the time is over. */
  readonly save: Save;
  /** Nothing is sent any more, but what is under way is waited for. */
  readonly part: (problem: string) => void;
}

interface Step {
  readonly before: SceneBody;
  readonly edits: Edits;
  readonly after: SceneBody;
  readonly join: string | undefined;
}
/** Steps that can be undone. */
const mostSteps = 200;
/** Between tries: the first wait, which doubles, and the longest, ms. */
const firstWait = 2000;
const longestWait = 60_000;
/** After the last editor was closed what was not saved is tried until it has waited so long in all, ms: time in which this window slept is none. */
const patience = 600_000;
/** Nodes that are named of those whose edits were given up. */
const mostNamed = 3;

const emptyBody = SceneBody.parse({});

/** `ended`: nobody uses it any more, and nothing is left to be saved. */
export const createSceneStore = (client: Client, id: string, ended: () => void): KeptStore => {
  const [state, setState] = createSignal<SceneState>({ kind: "loading" });
  const [saving, setSaving] = createSignal<Saving>({ kind: "saved" });
  const [scene, setScene] = createSignal<Scene | null>(null);
  const [body, setBody] = createSignal(emptyBody);
  const [undos, setUndos] = createSignal<ReadonlyArray<Step>>([]);
  const [redos, setRedos] = createSignal<ReadonlyArray<Step>>([]);
  /** Why it may not be read any more, while there is something here that was not saved. */
  const [lost, setLost] = createSignal<string | null>(null);
  let replica: Replica = { base: emptyBody, draft: 0, sending: null, queue: [] };
  /** The highest that was told. */
  let newest = 0;
  let rev = 0;
  /** What was sent is under way. */
  let open = false;
  let reading = false;
  let closed = false;
  let editors = 0;
  /** How long it has waited between tries since the last editor was closed, ms. */
  let waited = 0;
  /** Why nothing is sent any more. */
  let parting: string | null = null;
  /** In a row that came to nothing. */
  let tries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Told whenever it may be settled whether what was made is saved. */
  const savers = new Set<() => void>();
  const tellSavers = () => savers.forEach((look) => look());

  const canEdit = () => state().kind === "ready" && lost() === null && ["owner", "editor"].includes(scene()?.access ?? "none");
  const isUnsaved = () => replica.sending?.made === null || replica.queue.length > 0;

  const hear = (told: Scene) => {
    if (told.id === id && told.rev >= rev) {
      const isBack = scene()?.access === "none" && told.access !== "none";
      rev = told.rev;
      setScene(told);
      if (isBack) retry();
    }
  };
  /** It is not there, or not any more: what was not saved stays where it can be seen and copied. */
  const lose = (problem: string) => {
    if (editors === 0) {
      giveUp(problem);
    } else if (state().kind === "ready" && isUnsaved()) {
      setLost(problem);
      setSaving({ kind: "refused", problem: `${problem} What was not saved is still here: copy it before you leave.` });
    } else {
      setLost(null);
      setState({ kind: "failed", problem });
    }
  };
  const become = (next: Replica) => {
    if (next === replica) return;
    const before = replica;
    replica = next;
    // Also where only what was under way is gone: it was made before what somebody else wrote over it, which was read meanwhile.
    if (next.base !== before.base || next.sending === null) setBody(steady(body(), shownOf(next)));
  };

  /** Sends what waits, or reads what was missed, one thing at a time. */
  const goOn = () => {
    const gone = lost();
    if (closed || reading || open) {
      return;
    }
    clearTimeout(timer);
    if (parting !== null) return giveUp(parting);
    if (editors === 0 && !isUnsaved()) return end();
    if (gone !== null) {
      if (!isUnsaved()) lose(gone);
      return;
    }
    if (state().kind === "loading" || newest > replica.draft) {
      readDraft();
    } else if (replica.sending?.made === null || (replica.sending === null && replica.queue.length > 0)) {
      send();
    } else if (replica.sending === null) {
      setSaving({ kind: "saved" });
    }
  };
  /** Tries again later. */
  const wait = (problem: string) => {
    setSaving({ kind: "waiting", problem });
    if (parting !== null || (editors === 0 && waited >= patience)) return giveUp(parting ?? problem);
    const ms = Math.min(longestWait, firstWait * 2 ** tries);
    timer = setTimeout(goOn, ms);
    tries += 1;
    waited += ms;
  };

  const readDraft = () => {
    reading = true;
    client.call("scenes.get", { id }).then(
      (got) => {
        reading = false;
        if (closed) return;
        tries = 0;
        newest = Math.max(newest, got.scene.draft);
        become(read(replica, got.body, got.scene.draft));
        hear(got.scene);
        setState({ kind: "ready" });
        goOn();
      },
      (error: unknown) => {
        reading = false;
        if (closed) return;
        const problem = sentenceOf(error);
        if (state().kind === "ready" && !(error instanceof CallError && error.code === "not_found")) {
          wait(problem);
        } else {
          lose(problem);
        }
      },
    );
  };

  const send = () => {
    if (replica.sending === null) become(sent(replica, newKey()));
    const { edits, token } = replica.sending!;
    open = true;
    setSaving({ kind: "saving" });
    // The key is the token: tried again after an answer that was lost, it is the same call.
    client
      .call("scenes.edit", { id, edits: [...edits], token }, { key: token })
      .then(
        (scene) => {
          open = false;
          if (closed) return;
          tries = 0;
          become(answered(replica, token, scene.draft));
          hear(scene);
          goOn();
        },
        (error: unknown) => {
          open = false;
          if (closed) return;
          const problem = sentenceOf(error);
          if (!(error instanceof CallError) || errorCatalogue[error.code].retryable || error.code === "cancelled") {
            wait(problem);
            return;
          }
          become(refused(replica));
          if (parting !== null) return giveUp(parting);
          // What it leans on was removed by somebody else: without that it may be taken. Else it is for the person to say.
          const kept = replica.queue.slice(0, edits.length);
          if (lost() !== null) {
            goOn();
          } else if (error.code === "not_found") {
            readDraft();
          } else if (JSON.stringify(kept) !== JSON.stringify(edits)) {
            goOn();
          } else {
            setSaving({ kind: "refused", problem });
            // Nobody is there to change it so that it fits.
            if (editors === 0) giveUp(problem);
          }
        },
      )
      .finally(tellSavers);
  };

  /** Made over the present body, and sent. */
  const make = (edits: Edits): boolean => {
    if (edits.length === 0 || !canEdit()) {
      return false;
    }
    replica = edited(replica, edits);
    setBody(steady(body(), shownOf(replica)));
    if (saving().kind !== "waiting") {
      goOn();
    }
    return true;
  };

  const stopScenes = client.follow(
    "scenes.scenes",
    {},
    { snapshot: ({ scenes }) => scenes.forEach(hear), deltas: (scenes) => scenes.forEach(hear) },
  );
  let stopDraft: (() => void) | null = null;
  const followDraft = () => {
    stopDraft = client.follow(
      "scenes.draft",
      { id },
      {
        snapshot: ({ draft }) => {
          newest = Math.max(newest, draft);
          goOn();
        },
        deltas: (changes) => {
          const { queue } = replica;
          for (const change of changes) {
            const next = heard(replica, change);
            if (next === null) newest = Math.max(newest, change.draft);
            else become(next);
          }
          // What was refused is not sent again as it was: it may fit now without what somebody else removed.
          if (saving().kind !== "refused" || JSON.stringify(queue) !== JSON.stringify(replica.queue) || newest > replica.draft) goOn();
        },
        stale: (isStale) => !isStale && goOn(),
        error: (error) => {
          stopDraft = null;
          lose(sentenceOf(error));
        },
      },
    );
  };
  const retry = () => {
    if (state().kind === "failed") setState({ kind: "loading" });
    setLost(null);
    if (stopDraft === null) followDraft();
    goOn();
  };
  followDraft();
  const ask = (event: BeforeUnloadEvent) => {
    if (isUnsaved()) event.preventDefault();
  };
  addEventListener("beforeunload", ask);
  const end = () => {
    closed = true;
    clearTimeout(timer);
    removeEventListener("beforeunload", ask);
    stopScenes();
    stopDraft?.();
    ended();
    tellSavers();
  };
  /** The titles of nodes that edits which were not saved are of, in a sentence; none where no node has one. */
  const unsavedWords = (): string => {
    const edits = [...(replica.sending?.edits ?? []), ...replica.queue];
    const subjects = new Set(edits.map(subjectOf));
    const titles = body().nodes.flatMap((node) => (subjects.has(`node ${node.id}`) && node.title !== "" ? [`“${node.title}”`] : []));
    const others = titles.length > mostNamed ? ` and ${titles.length - mostNamed} more` : "";
    return titles.length === 0 ? "" : ` It was about ${titles.slice(0, mostNamed).join(", ")}${others}.`;
  };
  const unsavedFor = (problem: string): Unsaved | null => {
    if (!isUnsaved()) return null;
    // Of what was sent nobody has heard.
    const saved = replica.sending?.made === null ? "may not have been saved" : "was not saved";
    return { title: `What you changed last in “${scene()?.title ?? ""}” ${saved}`, detail: `${problem}${unsavedWords()}` };
  };
  const giveUp = (problem: string) => {
    const unsaved = unsavedFor(problem);
    if (unsaved !== null) toast(unsaved.title, { tone: "bad", detail: unsaved.detail, stayMs: null });
    end();
  };
  const save: Save = (withinMs) =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(late);
        savers.delete(look);
        const now = saving();
        // What was given up meanwhile was told of.
        resolve(closed ? null : unsavedFor("problem" in now ? now.problem : "The server has not answered yet."));
      };
      const look = () => {
        if (closed || !isUnsaved() || saving().kind === "refused") done();
      };
      const late = setTimeout(done, withinMs);
      savers.add(look);
      if (saving().kind === "waiting") goOn();
      look();
    });
  const enter = () => {
    editors += 1;
    if (state().kind === "loading" || saving().kind === "waiting") goOn();
  };
  const leave = () => {
    editors -= 1;
    if (closed || editors > 0) return;
    const now = saving();
    if (now.kind === "refused") return giveUp(lost() ?? now.problem);
    waited = 0;
    tries = 0;
    if (isUnsaved()) goOn();
    else end();
  };

  /** Nobody has touched since what the step did: what is done next may be undone with it. */
  const goesOnFrom = (step: Step, edits: Edits): boolean => {
    const subjects = new Set([...step.edits, ...edits].map(subjectOf));
    const [then, now] = [graphOf(step.after), graphOf(body())];
    return [...subjects].every((subject) => {
      const [kind, of = ""] = subject.split(" ");
      if (kind === "node") return then.nodes.get(of) === now.nodes.get(of);
      return kind !== "edge" || then.edges.get(of) === now.edges.get(of);
    });
  };

  const store: SceneStore = {
    state,
    saving,
    scene,
    body,
    graph: createMemo(() => graphOf(body())),
    canEdit,
    apply: (given, join) => {
      const before = body();
      const edits = narrowed(given, before);
      if (edits === null) {
        return false;
      }
      if (edits.length === 0) {
        return given.length > 0 && canEdit();
      }
      const last = undos().at(-1);
      const joins = join !== undefined && last?.join === join && goesOnFrom(last, edits);
      if (!make(edits)) {
        return false;
      }
      const step: Step = joins
        ? { before: last.before, edits: condensed([...last.edits, ...edits]), after: body(), join }
        : { before, edits, after: body(), join };
      setUndos((now) => [...(joins ? now.slice(0, -1) : now.slice(1 - mostSteps)), step]);
      setRedos([]);
      return true;
    },
    undo: () => {
      const step = undos().at(-1);
      if (step !== undefined && canEdit()) {
        make(sparing(inverseOf(step.before, step.edits), step.after, body()));
        setUndos((now) => now.slice(0, -1));
        setRedos((now) => [...now, step]);
      }
    },
    redo: () => {
      const step = redos().at(-1);
      if (step !== undefined && canEdit()) {
        make(sparing(step.edits, step.before, body()));
        setRedos((now) => now.slice(0, -1));
        setUndos((now) => [...now, step]);
      }
    },
    canUndo: () => canEdit() && undos().length > 0,
    canRedo: () => canEdit() && redos().length > 0,
    put: hear,
    retry,
    drop: () => {
      replica = { ...replica, sending: null, queue: [] };
      setUndos([]);
      setRedos([]);
      setBody(replica.base);
      goOn();
    },
  };
  return {
    store,
    enter,
    leave,
    save,
    part: (problem) => {
      parting = problem;
      goOn();
    },
  };
};
