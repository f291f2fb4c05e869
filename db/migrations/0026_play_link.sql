-- Links by which others play a version, or follow a playthrough, and who came by them without an account. Times are ms since 1970.
create table play_link (
  id text primary key,
  token_hash text not null unique,     -- SHA-256: the token itself is with who was given it
  owner_id text not null,
  version_id text not null references scene_version (id) on delete cascade,
  session_id text,                     -- the playthrough to follow; null: who opens it plays
  created_at bigint not null,
  expires_at bigint,
  revoked_at bigint
);
create index play_link_owner on play_link (owner_id, created_at desc) where revoked_at is null;
create index play_link_version on play_link (version_id);

create table play_guest (
  id text primary key,
  link_id text not null references play_link (id) on delete cascade,
  created_at bigint not null,
  adopted_by text                      -- the user whose playthroughs the guest's are now
);
create index play_guest_link on play_guest (link_id);
