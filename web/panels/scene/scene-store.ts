// One scene as it is edited: what the server has, with the edits of this window over it, which are sent as they are made. Others' changes come
// as they are made and stay; of the same property the last word counts, and undoing takes back one's own alone. When the editor is closed, what
// was not saved is still sent.
import { createMemo, createSignal, onCleanup, type Accessor } from "solid-js";
import { SceneBody } from "#protocol/scene/scene.ts";
import type { Scene } from "#protocol/scene.ts";
import { CallError, errorCatalogue } from "#protocol/wire/errors.ts";
import type { Client } from "#web/store/client.ts";
import { newKey } from "#protocol/client/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { condensed, inverseOf, narrowed, sparing, subjectOf, type Edits } from "./edits.ts";
import { graphOf, type SceneGraph } from "./graph.ts";
import { answered, edited, heard, read, refused, sent, shownOf, steady, type Replica } from "./replica.ts";

type SceneState = { readonly kind: "loading" | "ready" } | { readonly kind: "failed"; readonly problem: string };
/**
 * `saved`: the server has everything; `waiting`: it could not be reached and is tried again; `refused`: it does not take what was made, which
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

interface Step {
  readonly before: SceneBody;
  readonly edits: Edits;
  readonly after: SceneBody;
  readonly join: string | undefined;
}
/** Steps that can be undone. */
const mostSteps = 200;

const emptyBody = SceneBody.parse({});

export const createSceneStore = (client: Client, id: string): SceneStore => {
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
  /** Its editor is gone. */
  let leaving = false;

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
    if (leaving) {
      end();
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
      if (leaving) end();
    }
  };

  const readDraft = () => {
    reading = true;
    client.call("scenes.get", { id }).then(
      (got) => {
        reading = false;
        if (closed) return;
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
          setSaving({ kind: "waiting", problem });
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
    client.call("scenes.edit", { id, edits: [...edits], token }, { key: token }).then(
      (scene) => {
        open = false;
        if (closed) return;
        become(answered(replica, token, scene.draft));
        hear(scene);
        goOn();
      },
      (error: unknown) => {
        open = false;
        if (closed) return;
        const problem = sentenceOf(error);
        if (!(error instanceof CallError) || errorCatalogue[error.code].retryable || error.code === "cancelled") {
          setSaving({ kind: "waiting", problem });
          return;
        }
        become(refused(replica));
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
          if (leaving) end();
        }
      },
    );
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
    removeEventListener("beforeunload", ask);
    stopScenes();
    stopDraft?.();
  };
  onCleanup(() => {
    leaving = true;
    if (!isUnsaved() || saving().kind === "refused") end();
  });
  goOn();

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

  return {
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
};
