// The assets that go into a generation: which slot takes one, and what is still wrong with them. Pure.
import type { MediaType } from "#protocol/asset.ts";
import type { InputRole, OperationSpec } from "#protocol/job.ts";
import type { DraftInput } from "#web/store/draft.ts";
import type { Issue } from "#web/store/problem.ts";
import type { FieldErrors } from "./schema.ts";

export type InputSlot = OperationSpec["inputs"][number];

const namePattern = /^[A-Za-z0-9_]{1,30}$/;

export const inSlot = (inputs: ReadonlyArray<DraftInput>, role: InputRole): ReadonlyArray<DraftInput> =>
  inputs.filter((input) => input.role === role);

/** A name that no other input has: `subject1`, `subject2` … */
const freeName = (role: InputRole, inputs: ReadonlyArray<DraftInput>): string => {
  const taken = new Set(inputs.map(({ name }) => name));
  let number = 1;
  while (taken.has(`${role}${number}`)) {
    number += 1;
  }
  return `${role}${number}`;
};

/** The slot that an asset of this kind goes into: the wanted one, else the first with room, else the first that takes its kind. */
const slotFor = (
  slots: ReadonlyArray<InputSlot>,
  inputs: ReadonlyArray<DraftInput>,
  mediaType: MediaType,
  wanted: InputRole | undefined,
): InputSlot | undefined => {
  const takes = slots.filter((slot) => slot.accepts.includes(mediaType) && (wanted === undefined || slot.role === wanted));
  return takes.find((slot) => inSlot(inputs, slot.role).length < slot.max) ?? takes[0];
};

/** What an input is to be: an asset of this kind, or the video that a job is to make. */
export type InputSource =
  | { readonly assetId: string; readonly mediaType: MediaType; readonly timeMs?: number }
  | { readonly jobId: string };

/** What a job makes goes in as a video where one is taken, else as its last frame. */
const asInput = (
  slots: ReadonlyArray<InputSlot>,
  inputs: ReadonlyArray<DraftInput>,
  source: InputSource,
  wanted: InputRole | undefined,
): { readonly slot: InputSlot; readonly input: Omit<DraftInput, "role"> } | null => {
  if ("assetId" in source) {
    const { assetId, mediaType, timeMs } = source;
    const slot = slotFor(slots, inputs, mediaType, wanted);
    return slot === undefined ? null : { slot, input: { assetId, ...(timeMs === undefined ? {} : { timeMs }) } };
  }
  const { jobId } = source;
  const video = slotFor(slots, inputs, "video", wanted);
  if (video !== undefined) {
    return { slot: video, input: { jobId } };
  }
  const picture = slotFor(slots, inputs, "image", wanted);
  return picture === undefined ? null : { slot: picture, input: { jobId, frame: "last" } };
};

/** Adds an asset; a full slot of one gets the new asset in place of the old, a full slot of several stays as it is. Null: no slot takes it. */
export const addInput = (
  slots: ReadonlyArray<InputSlot>,
  inputs: ReadonlyArray<DraftInput>,
  source: InputSource,
  wanted?: InputRole,
): ReadonlyArray<DraftInput> | null => {
  const found = asInput(slots, inputs, source, wanted);
  if (found === null) {
    return null;
  }
  const { slot } = found;
  const full = inSlot(inputs, slot.role).length >= slot.max;
  if (full && slot.max > 1) {
    return null;
  }
  const others = full ? inputs.filter(({ role }) => role !== slot.role) : inputs;
  const input: DraftInput = {
    ...found.input,
    role: slot.role,
    ...(slot.named ? { name: freeName(slot.role, others) } : {}),
  };
  return [...others, input];
};

/** Moves an input one place within its slot. */
export const moveInput = (inputs: ReadonlyArray<DraftInput>, at: number, by: -1 | 1): ReadonlyArray<DraftInput> => {
  const input = inputs[at];
  if (input === undefined) {
    return inputs;
  }
  let other = at + by;
  while (inputs[other] !== undefined && inputs[other]?.role !== input.role) {
    other += by;
  }
  const neighbour = inputs[other];
  return neighbour === undefined ? inputs : inputs.map((each, index) => (index === at ? neighbour : index === other ? input : each));
};

const sourceOf = (input: DraftInput, kindOf: (assetId: string) => MediaType | undefined): InputSource | undefined => {
  const { assetId, jobId, timeMs } = input;
  if (assetId === undefined) {
    return jobId === undefined ? undefined : { jobId };
  }
  const mediaType = kindOf(assetId);
  return mediaType === undefined ? undefined : { assetId, mediaType, ...(timeMs === undefined ? {} : { timeMs }) };
};

/** Inputs for another operation: each goes where its kind is taken, in order; the rest is left out. */
export const refitInputs = (
  slots: ReadonlyArray<InputSlot>,
  inputs: ReadonlyArray<DraftInput>,
  kindOf: (assetId: string) => MediaType | undefined,
): ReadonlyArray<DraftInput> => {
  const fitted: Array<DraftInput> = [];
  for (const input of inputs) {
    const kept = slots.find((slot) => slot.role === input.role);
    if (kept !== undefined && inSlot(fitted, input.role).length < kept.max) {
      const { name, ...rest } = input;
      fitted.push(kept.named ? { ...rest, name: name ?? freeName(input.role, fitted) } : rest);
      continue;
    }
    const source = sourceOf(input, kindOf);
    const slot = source === undefined ? undefined : asInput(slots, fitted, source, undefined)?.slot;
    if (source !== undefined && slot !== undefined && inSlot(fitted, slot.role).length < slot.max) {
      fitted.push(...(addInput(slots, fitted, source) ?? []).slice(fitted.length));
    }
  }
  return fitted;
};

const people = (accepts: InputSlot["accepts"], count: number): string => `${count} ${accepts.join(" or ")}${count === 1 ? "" : "s"}`;

/** What is wrong with the inputs, by role. */
export const checkInputs = (slots: ReadonlyArray<InputSlot>, inputs: ReadonlyArray<DraftInput>): FieldErrors =>
  Object.fromEntries(
    slots.flatMap((slot) => {
      const own = inSlot(inputs, slot.role);
      if (own.length < slot.min) {
        return [
          [
            slot.role,
            own.length === 0 ? `Add ${people(slot.accepts, slot.min)}.` : `Add ${people(slot.accepts, slot.min - own.length)} more.`,
          ],
        ];
      }
      if (own.length > slot.max) {
        return [[slot.role, `At most ${slot.max}; remove ${own.length - slot.max}.`]];
      }
      if (slot.named) {
        const bad = own.find(({ name }) => name === undefined || !namePattern.test(name));
        if (bad !== undefined) {
          return [[slot.role, "Names have 1 to 30 letters, digits or underscores."]];
        }
        if (new Set(inputs.flatMap(({ name }) => name ?? [])).size < inputs.filter(({ name }) => name !== undefined).length) {
          return [[slot.role, "Each name may be given once."]];
        }
      }
      return [];
    }),
  );

/** The server's issues at the fields they speak of: params by key, inputs by role, and what belongs to no field. */
export const placeIssues = (
  issues: ReadonlyArray<Issue>,
  inputs: ReadonlyArray<DraftInput>,
): { readonly params: FieldErrors; readonly inputs: FieldErrors; readonly rest: ReadonlyArray<string> } => {
  const params: Record<string, string> = {};
  const roles: Record<string, string> = {};
  const rest: Array<string> = [];
  for (const { path, message } of issues) {
    const at = path.findIndex((step) => step === "params" || step === "inputs");
    const next = at < 0 ? undefined : path[at + 1];
    const role = typeof next === "number" ? inputs[next]?.role : undefined;
    if (path[at] === "params" && typeof next === "string") {
      params[next] ??= message;
    } else if (role !== undefined) {
      roles[role] ??= message;
    } else {
      rest.push(message);
    }
  }
  return { params, inputs: roles, rest };
};
