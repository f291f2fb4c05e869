// Stored prompts and versions as clients see them. Pure.
import type { PromptRow, PromptVersionRow, ResultsRow } from "#db/queries/prompt.ts";
import type { Prompt, PromptResults, PromptVersion } from "#protocol/prompt.ts";

export const versionView = (row: PromptVersionRow): PromptVersion => ({
  id: row.id,
  promptId: row.prompt_id,
  parentId: row.parent_id,
  number: row.number,
  text: row.text,
  negative: row.negative,
  note: row.note,
  rating: row.rating,
  createdAt: row.created_at,
});

export const promptView = (row: PromptRow): Prompt => ({
  id: row.id,
  ownerId: row.owner_id,
  kind: row.kind,
  title: row.title,
  versions: row.versions,
  latest: versionView(row.latest),
  createdAt: row.created_at,
  changedAt: row.changed_at,
  deletedAt: row.deleted_at,
  rev: row.rev,
});

export const resultsView = (row: ResultsRow): PromptResults => ({
  jobs: row.jobs,
  completed: row.completed,
  filtered: row.filtered,
  failed: row.failed,
  favourites: row.favourites,
  lastUsedAt: row.last_used_at,
});
