-- Clips that were asked for because somebody plays a story, and how many of them a story may ask for. Times are ms since 1970.
create table play_generation (
  job_id text primary key,
  result text not null,                -- hash of what asks for the same: version, for whom, key and words
  round integer not null,              -- of the same, from 1: what failed is asked for again after a while
  attempt integer not null,            -- of a node that is told to try again, from 1
  asset_id text not null,              -- what the job's result becomes
  owner_id text not null,              -- of the story: who pays
  version_id text not null references scene_version (id) on delete cascade,
  scene_id text not null,              -- that the story begins with: the budget is its
  in_scene text not null,
  node text not null,
  session_id text not null,            -- where it was asked for first
  player_id text not null,
  credits double precision not null,   -- what it was to cost
  created_at bigint not null,
  unique (result, round)
);
create index play_generation_scene on play_generation (scene_id, created_at desc);
create index play_generation_version on play_generation (version_id);
create index play_generation_session on play_generation (session_id);
create index play_generation_asset on play_generation (asset_id);

create table play_budget (
  scene_id text primary key references scene (id) on delete cascade,
  playthrough integer not null,
  player_day integer not null,
  story_day integer not null,
  credits_day double precision not null
);
