-- What was logged at `info` and above. Written in batches, read by people; old rows are deleted in portions.
create table log_entry (
  id bigint generated always as identity primary key,
  time bigint not null,                -- ms since 1970; nearly in the order of ids
  level smallint not null,             -- 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal
  service text not null,
  env text not null,
  msg text not null,                   -- constant: what varies is in fields
  stage text,
  job text,
  user_id text,
  provider text,
  account text,
  device text,
  session text,
  request text,
  duration_ms double precision,
  error json,                          -- type, message, stack
  fields json                          -- null: none
);

-- Time ranges and deletion. Rows come in the order of time: block ranges find them at a thousandth of a tree's size and cost.
create index log_entry_time on log_entry using brin (time) with (pages_per_range = 16);
create index log_entry_job on log_entry (job, id) where job is not null;
create index log_entry_user on log_entry (user_id, id) where user_id is not null;
-- What went wrong is rare and is what people look for.
create index log_entry_bad on log_entry (id) where level >= 40;
