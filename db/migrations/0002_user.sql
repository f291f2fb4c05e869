-- People and their sessions. Times are ms since 1970. Secrets are kept as hashes only.

create table app_user (
  id text primary key,
  username text not null,
  email text,
  role text not null,                   -- guest, user, admin
  password text,                        -- argon2id as a PHC string; null: none chosen yet
  preferences json not null default '{}',
  created_at bigint not null
);
create unique index app_user_username on app_user (lower(username));
create unique index app_user_email on app_user (lower(email));

create table session (
  id text primary key,
  user_id text not null references app_user (id) on delete cascade,
  client text not null,
  ip text not null,
  created_at bigint not null,
  last_used_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint,
  revoked_why text,
  -- The refresh token that works, and the one before it: that one still works for a moment if this one was never used.
  refresh_hash text not null,
  previous_hash text,
  rotated_at bigint not null
);
create index session_by_user on session (user_id);
create index session_by_expiry on session (expires_at);

create table sign_in_link (
  token_hash text primary key,
  user_id text not null references app_user (id) on delete cascade,
  created_at bigint not null,
  expires_at bigint not null
);
