// A draft as one window has it: what the server has told, the edits that are on their way there, and those that wait for them. Changes of
// others come in between; what is shown is always theirs with one's own over it. Pure.
import { editedBody, type SceneEdit } from "#protocol/scene/edit.ts";
import type { SceneBody } from "#protocol/scene/scene.ts";
import type { DraftChange } from "#protocol/scene.ts";
import { condensed, firstCall, fitted, narrowed, subjectOf, type Edits } from "./edits.ts";

interface Sending {
  readonly edits: Edits;
  readonly token: string;
  /** Which draft they made, once that was answered before it was told. */
  readonly made: number | null;
}

export interface Replica {
  /** As the server had it at `draft`. */
  readonly base: SceneBody;
  readonly draft: number;
  readonly sending: Sending | null;
  readonly queue: Edits;
}

export const shownOf = ({ base, sending, queue }: Replica): SceneBody => {
  const sent = sending === null ? base : editedBody(base, fitted(sending.edits, base));
  return queue.length === 0 ? sent : editedBody(sent, queue);
};

/** The second body with the nodes and edges of the first where they are the same; the first, where all is. */
export const steady = (before: SceneBody, after: SceneBody): SceneBody => {
  const kept = <T extends { readonly id: string }>(was: ReadonlyArray<T>, is: ReadonlyArray<T>): Array<T> => {
    const known = new Map(was.map((one) => [one.id, one]));
    return is.map((one) => {
      const old = known.get(one.id);
      return old !== undefined && (old === one || JSON.stringify(old) === JSON.stringify(one)) ? old : one;
    });
  };
  const body = { ...after, nodes: kept(before.nodes, after.nodes), edges: kept(before.edges, after.edges) };
  const isSame = <T>(was: ReadonlyArray<T>, is: ReadonlyArray<T>) => was.length === is.length && was.every((one, at) => one === is[at]);
  if (!isSame(before.nodes, body.nodes) || !isSame(before.edges, body.edges)) return body;
  const { nodes: _, edges: __, ...head } = before;
  const isHead = Object.entries(head).every(([key, value]) => JSON.stringify(value) === JSON.stringify(body[key as keyof typeof head]));
  return isHead ? before : body;
};

/** On another base: what waits is made anew over it. */
const onto = (replica: Replica, base: SceneBody, draft: number, sending: Sending | null): Replica => {
  const { queue } = replica;
  if (queue.length === 0) return { base, draft, sending, queue };
  return { base, draft, sending, queue: fitted(queue, shownOf({ base, draft, sending, queue: [] })) };
};

const isPut = (edit: SceneEdit): boolean => edit.do === "putNode" || edit.do === "putEdge";
const isRemoval = (edit: SceneEdit): boolean => edit.do === "removeNode" || edit.do === "removeEdge";

/**
 * These edits are made. What they bring back of which nobody has heard that it was removed is not removed at all, and has what others have made
 * of it: to bring it back as it was would undo that.
 */
export const edited = (replica: Replica, edits: Edits): Replica => {
  const { queue } = replica;
  const gone = new Set(queue.filter(isRemoval).map(subjectOf));
  if (!edits.some((edit) => isPut(edit) && gone.has(subjectOf(edit)))) return { ...replica, queue: condensed([...queue, ...edits]) };
  const before = shownOf({ ...replica, queue: [] });
  const there = new Set([...before.nodes.map(({ id }) => `node ${id}`), ...before.edges.map(({ id }) => `edge ${id}`)]);
  const back = new Set(edits.filter(isPut).map(subjectOf));
  const kept = queue.filter((edit) => !(isRemoval(edit) && back.has(subjectOf(edit)) && there.has(subjectOf(edit))));
  const body = editedBody(before, kept);
  const others = edits.filter((edit) => !isPut(edit) || !there.has(subjectOf(edit)));
  return { ...replica, queue: condensed([...kept, ...(narrowed(others, body) ?? others)]) };
};

/** The first that wait go on their way under this token. */
export const sent = (replica: Replica, token: string): Replica => {
  const count = firstCall(replica.queue);
  return { ...replica, sending: { edits: replica.queue.slice(0, count), token, made: null }, queue: replica.queue.slice(count) };
};

/** What was sent has made this draft. Where others came in between, what they did is awaited. */
export const answered = (replica: Replica, token: string, draft: number): Replica => {
  const { sending, base } = replica;
  if (sending?.token !== token) return replica;
  if (draft <= replica.draft) return onto(replica, base, replica.draft, null);
  if (draft === replica.draft + 1) return onto(replica, editedBody(base, sending.edits), draft, null);
  return { ...replica, sending: { ...sending, made: draft } };
};

/** A change was told; null: something before it was missed, and the draft is to be read. */
export const heard = (replica: Replica, { draft, edits, token }: DraftChange): Replica | null => {
  if (draft <= replica.draft) return replica;
  if (draft > replica.draft + 1 || edits === null) return null;
  return onto(replica, editedBody(replica.base, edits), draft, token !== null && token === replica.sending?.token ? null : replica.sending);
};

/** The draft was read. */
export const read = (replica: Replica, base: SceneBody, draft: number): Replica => {
  if (draft < replica.draft) return replica;
  const made = replica.sending?.made ?? null;
  return onto(replica, base, draft, made !== null && made <= draft ? null : replica.sending);
};

/** What was sent was not taken: it waits again, as far as it has a place still. */
export const refused = (replica: Replica): Replica => {
  const { base, draft, sending, queue } = replica;
  return sending === null ? replica : onto({ base, draft, sending: null, queue: [...sending.edits, ...queue] }, base, draft, null);
};
