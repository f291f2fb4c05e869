-- The local studio's ledger: what it has accepted to render, so that the same key means the same render after a restart too.
-- Times are ms since 1970.

create table studio_render (
  id text primary key,
  key text not null unique,            -- the submitter's, once for each render
  hash text not null,                  -- SHA-256 of the request: the same key with another request is refused
  request json not null,
  state text not null check (state in ('accepted', 'done', 'failed', 'cancelled')),
  failure_kind text,
  failure_message text,
  output text,                         -- file in the renders folder; null: not yet, or swept
  accepted_count integer not null default 1,   -- how often it was submitted
  created_at bigint not null,
  finished_at bigint
);
create index studio_render_finished on studio_render (finished_at) where finished_at is not null;
create index studio_render_output on studio_render (finished_at) where output is not null;
