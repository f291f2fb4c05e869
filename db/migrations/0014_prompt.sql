-- The prompt library. Times are ms since 1970.
create table prompt (
  id text primary key,
  owner_id text not null,
  kind text not null check (kind in ('prompt', 'style', 'list')),
  title text not null,
  versions integer not null,
  latest_id text not null,
  created_at bigint not null,
  changed_at bigint not null,
  deleted_at bigint,                   -- in the trash since
  rev integer not null default 1
);
create index prompt_owner on prompt (owner_id, created_at desc, id desc);
create index prompt_expired on prompt (deleted_at) where deleted_at is not null;
-- A prompt names a list by its title.
create unique index prompt_list_once on prompt (owner_id, lower(title)) where kind = 'list' and deleted_at is null;

-- What a version says never changes; notes and ratings do.
create table prompt_version (
  id text primary key,
  prompt_id text not null references prompt (id) on delete cascade,
  owner_id text not null,
  parent_id text,                      -- null: the first
  number integer not null,
  text text not null,
  negative text not null,
  note text not null,
  rating integer check (rating between 1 and 5),
  created_at bigint not null,
  unique (prompt_id, number)
);

-- What a job's prompt was made from, where it was more than plain text: the template, its version in the library, values and seed.
alter table job add column template jsonb;
create index job_prompt_version on job ((template ->> 'versionId')) where template is not null;
-- The history of prompts: each once, at the place of its last use.
create index job_prompt on job (owner_id, md5(coalesce(template ->> 'text', prompt)), created_at desc, id desc);
