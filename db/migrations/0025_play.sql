-- Playthroughs as lists show them; the playthrough itself is an actor. Times are ms since 1970.
create table play_session (
  id text primary key,
  owner_id text not null,
  version_id text not null,
  scene_id text not null,
  title text not null,
  turn integer not null default 0,
  ending text,
  deleted boolean not null default false,
  created_at bigint not null,
  changed_at bigint not null,
  rev bigint not null                  -- -1: a place is taken for it, and it has not begun
);
create index play_session_owner on play_session (owner_id, created_at desc, id desc) where not deleted;
create index play_session_version on play_session (version_id) where not deleted;
