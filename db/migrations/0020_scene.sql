-- The library of scenes. Times are ms since 1970.
create table scene (
  id text primary key,
  owner_id text not null,
  title text not null,
  format integer not null,             -- that the draft is written in
  body jsonb not null,                 -- the draft
  nodes integer not null,
  edges integer not null,
  draft integer not null default 1,    -- how often the draft has changed
  published integer,                   -- which of these was published last
  versions integer not null default 0,
  created_at bigint not null,
  changed_at bigint not null,
  deleted_at bigint,                   -- in the trash since
  rev integer not null default 1
);
create index scene_owner on scene (owner_id, created_at desc, id desc);
create index scene_expired on scene (deleted_at) where deleted_at is not null;

-- A version holds all the scenes that it plays, as they were; it never changes.
create table scene_version (
  id text primary key,
  scene_id text not null references scene (id) on delete cascade,
  owner_id text not null,
  number integer not null,
  format integer not null,
  story jsonb not null,
  note text not null,
  created_at bigint not null,
  unique (scene_id, number)
);
