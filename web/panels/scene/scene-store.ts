// One scene as it is edited: what the server has, with the edits of this window over it, which are sent as they are made. Whoever else edits
// it is followed by the library's topic; what they changed stays, and of the same property the last word counts.
import { createMemo, createSignal, onCleanup, type Accessor } from "solid-js";
import { editedBody, SceneEdit } from "#protocol/scene/edit.ts";
import { SceneBody } from "#protocol/scene/scene.ts";
import type { Scene } from "#protocol/scene.ts";
import { CallError, errorCatalogue } from "#protocol/wire/errors.ts";
import type { Client } from "#web/store/client.ts";
import { newKey } from "#web/store/key.ts";
import { sentenceOf } from "#web/store/problem.ts";
import { condensed, firstCall, inverseOf, rebased, type Edits } from "./edits.ts";
import { graphOf, type SceneGraph } from "./graph.ts";

type SceneState = { readonly kind: "loading" | "ready" } | { readonly kind: "failed"; readonly problem: string };
/** `saved`: the server has everything; `waiting`: it could not be reached and is tried again. */
type Saving = { readonly kind: "saved" | "saving" } | { readonly kind: "waiting"; readonly problem: string };

export interface SceneStore {
  readonly state: Accessor<SceneState>;
  readonly saving: Accessor<Saving>;
  readonly scene: Accessor<Scene | null>;
  readonly body: Accessor<SceneBody>;
  readonly graph: Accessor<SceneGraph>;
  /**
   * Makes edits and sends them. Those with the same `join` in a row are undone together: letters of a title. Answers false where the scene
   * would not be one any more, and leaves it as it is.
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

/** What the edits carry is looked at, and not the whole scene with each letter; of the head all, for names must not stand twice. */
const isSound = (edits: Edits, { start: _, ...head }: SceneBody): boolean =>
  edits.every((edit) => SceneEdit.safeParse(edit).success) &&
  (!edits.some((edit) => edit.do === "setHead") || SceneBody.safeParse({ ...head, nodes: [], edges: [] }).success);

/** `lost`: edits could not be taken at all, in a sentence. */
export const createSceneStore = (client: Client, id: string, lost: (why: string) => void): SceneStore => {
  const [state, setState] = createSignal<SceneState>({ kind: "loading" });
  const [saving, setSaving] = createSignal<Saving>({ kind: "saved" });
  const [scene, setScene] = createSignal<Scene | null>(null);
  const [body, setBody] = createSignal(emptyBody);
  const [undos, setUndos] = createSignal<ReadonlyArray<Step>>([]);
  const [redos, setRedos] = createSignal<ReadonlyArray<Step>>([]);
  /** As the server had it at `rev`. */
  let base = emptyBody;
  let rev = 0;
  /** The highest that was told. */
  let newest = 0;
  let sending: { readonly edits: Edits; readonly key: string; open: boolean } | null = null;
  let queue: Edits = [];
  /** An edit was refused: what the server has is to be read again. */
  let doubtful = false;
  let reading = false;
  let closed = false;
  onCleanup(() => (closed = true));

  const hear = (told: Scene) => {
    if (told.id === id && told.rev >= newest) {
      newest = told.rev;
      setScene(told);
    }
  };
  const isOld = () => doubtful || newest > rev;

  /** Sends what waits, or reads what others did, one thing at a time. */
  const goOn = () => {
    if (closed || reading || sending?.open === true) {
      return;
    }
    if (sending === null && (state().kind === "loading" || isOld())) {
      read();
    } else if (sending !== null || queue.length > 0) {
      send();
    } else {
      setSaving({ kind: "saved" });
    }
  };

  const read = () => {
    reading = true;
    client.call("scenes.get", { id }).then(
      (got) => {
        reading = false;
        if (closed) return;
        queue = rebased(queue, base, got.body);
        base = got.body;
        rev = got.scene.rev;
        doubtful = false;
        hear(got.scene);
        setBody(editedBody(base, queue));
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
          setState({ kind: "failed", problem });
        }
      },
    );
  };

  const send = () => {
    if (sending === null) {
      const count = firstCall(queue);
      sending = { edits: queue.slice(0, count), key: newKey(), open: false };
      queue = queue.slice(count);
    }
    const mine = sending;
    mine.open = true;
    setSaving({ kind: "saving" });
    client.call("scenes.edit", { id, edits: [...mine.edits] }, { key: mine.key }).then(
      (edited) => {
        if (closed) return;
        sending = null;
        base = editedBody(base, mine.edits);
        // Further on than this one edit: somebody else was there in between.
        rev += 1;
        hear(edited);
        goOn();
      },
      (error: unknown) => {
        if (closed) return;
        mine.open = false;
        if (error instanceof CallError && !errorCatalogue[error.code].retryable && error.code !== "cancelled") {
          // It never will be taken. What was made after it may lean on it: both go, and the scene is as the server has it.
          sending = null;
          queue = [];
          setUndos([]);
          setRedos([]);
          doubtful = true;
          lost(sentenceOf(error));
          goOn();
        } else {
          setSaving({ kind: "waiting", problem: sentenceOf(error) });
        }
      },
    );
  };

  /** Made over the present body, and sent. */
  const make = (edits: Edits): boolean => {
    if (edits.length === 0 || state().kind !== "ready") {
      return false;
    }
    const after = editedBody(body(), edits);
    setBody(after);
    queue = condensed([...queue, ...edits]);
    if (saving().kind !== "waiting") {
      goOn();
    }
    return true;
  };

  const stop = client.follow(
    "scenes.scenes",
    {},
    {
      snapshot: ({ scenes }) => {
        scenes.forEach(hear);
        goOn();
      },
      deltas: (scenes) => {
        scenes.forEach(hear);
        goOn();
      },
      stale: (isStale) => !isStale && goOn(),
    },
  );
  onCleanup(stop);
  goOn();

  return {
    state,
    saving,
    scene,
    body,
    graph: createMemo(() => graphOf(body())),
    apply: (edits, join) => {
      const before = body();
      if (!isSound(edits, editedBody(before, edits)) || !make(edits)) {
        return false;
      }
      const last = undos().at(-1);
      const joins = join !== undefined && last?.join === join && last.after === before;
      const step: Step = joins
        ? { before: last.before, edits: condensed([...last.edits, ...edits]), after: body(), join }
        : { before, edits, after: body(), join };
      setUndos((now) => [...(joins ? now.slice(0, -1) : now.slice(1 - mostSteps)), step]);
      setRedos([]);
      return true;
    },
    undo: () => {
      const step = undos().at(-1);
      if (step !== undefined) {
        make(rebased(inverseOf(step.before, step.edits), step.after, body()));
        setUndos((now) => now.slice(0, -1));
        setRedos((now) => [...now, step]);
      }
    },
    redo: () => {
      const step = redos().at(-1);
      if (step !== undefined) {
        make(rebased(step.edits, step.before, body()));
        setRedos((now) => now.slice(0, -1));
        setUndos((now) => [...now, step]);
      }
    },
    canUndo: () => undos().length > 0,
    canRedo: () => redos().length > 0,
    put: (told) => {
      hear(told);
      goOn();
    },
    retry: () => {
      if (state().kind === "failed") {
        setState({ kind: "loading" });
      }
      goOn();
    },
  };
};
