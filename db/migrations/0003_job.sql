-- Jobs as people see them: the read model that each step of a job's actor writes in its own commit. Times are ms since 1970.
-- Indexed are only columns that change once or twice in a job's life, so that most steps rewrite no index.
create table job (
  id text primary key,
  rev bigint not null,                 -- journal number that this row shows
  owner_id text not null,
  operation text not null,
  provider text not null,
  state text not null,
  progress double precision not null,
  eta_at bigint,
  waiting_for text,
  name text,
  prompt text not null,
  params jsonb not null,
  inputs jsonb not null,
  hash text not null,                  -- SHA-256: equal hashes ask for the same video
  asked_hash text,                     -- SHA-256 of the request as it was sent, where it carried an idempotency key
  priority integer not null,
  scheduled_for bigint,
  parent_job_id text,
  batch_id text,
  attempt integer not null,
  max_attempts integer not null,
  failure jsonb,
  asset_id text,
  slot text,                           -- place at the provider that it holds
  parked boolean not null,
  created_at bigint not null,
  submitted_at bigint,
  finished_at bigint
) with (fillfactor = 70);
create index job_list on job (owner_id, created_at desc, id desc);
create index job_open on job (owner_id) where finished_at is null;
create index job_batch on job (batch_id) where batch_id is not null;
create index job_completed on job (provider, operation, finished_at desc) where state = 'completed';

-- Jobs that were admitted under their owner's limit and are not yet rows of `job`; forgotten when they are, or after a while.
create table job_reservation (
  job_id text primary key,
  owner_id text not null,
  at bigint not null
);
create index job_reservation_owner on job_reservation (owner_id);
