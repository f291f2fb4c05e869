-- Parts of a story file that is too long for one frame, until they are put together; those that were left are forgotten.
create table scene_part (
  owner_id text not null,
  file text not null,        -- drawn by the client
  at int not null,
  text text not null,
  created_at bigint not null,
  primary key (owner_id, file, at)
);
