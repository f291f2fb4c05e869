// What the checker tells of a story. Pure.
import * as z from "zod";
import { Id } from "../../values.ts";

/** `error`: it cannot be published. `warning`: it can, but hardly is what was meant. `hint`: something is left to do. */
export const ProblemSeverity = z.enum(["error", "warning", "hint"]);
export type ProblemSeverity = z.infer<typeof ProblemSeverity>;

export const problemCodes = {
  no_start: "error",
  unreachable: "warning",
  dead_end: "error",
  may_dead_end: "warning",
  no_exit: "error",
  never_waits: "error",
  may_not_wait: "warning",
  never_finishes: "error",
  edge_kind: "error",
  second_default: "warning",
  never_open: "warning",
  never_taken: "warning",
  too_many_choices: "warning",
  no_choice_text: "warning",
  no_timeout_way: "warning",
  no_media: "warning",
  missing_media: "error",
  not_a_video: "error",
  not_a_picture: "error",
  beyond_the_end: "error",
  bad_subtitles: "warning",
  empty_pool: "error",
  small_pool: "warning",
  unknown_segment: "error",
  no_prompt: "error",
  nothing_before: "warning",
  impossible_score: "error",
  undeclared: "error",
  wrong_type: "error",
  unknown_node: "error",
  unknown_ending: "warning",
  unknown_name_in_text: "warning",
  declared_differently: "error",
  no_scene: "error",
  unknown_scene: "error",
  hidden_scene: "hint",
  missing_argument: "error",
  unknown_parameter: "error",
  unknown_point: "error",
  missing_value: "warning",
  point_not_followed: "warning",
  untranslated: "hint",
} as const satisfies Record<string, ProblemSeverity>;
export type ProblemCode = keyof typeof problemCodes;

export const Problem = z.object({
  code: z.enum(Object.keys(problemCodes) as [ProblemCode, ...Array<ProblemCode>]),
  severity: ProblemSeverity,
  /** Where: a scene, and its node or edge where it is one's. */
  scene: Id,
  node: Id.nullable(),
  edge: Id.nullable(),
  /** A sentence for who writes the story. */
  message: z.string(),
});
export type Problem = z.infer<typeof Problem>;

/** Takes what is found in one scene. */
export type Tell = (code: ProblemCode, at: { readonly node?: string; readonly edge?: string }, message: string) => void;
