-- What players have achieved in stories, over all their playthroughs. Times are ms since 1970.
create table play_achievement (
  owner_id text not null,
  scene_id text not null references scene (id) on delete cascade,
  name text not null,
  at bigint not null,
  primary key (owner_id, scene_id, name)
);
