-- Accounts at providers: the read model that each step of an account's actor writes in its own commit. Times are ms since 1970.
create table account (
  id text primary key,
  rev bigint not null,
  owner_id text not null,
  provider text not null,
  shared boolean not null,
  state text not null,
  busy integer not null,               -- leases
  leases jsonb not null,               -- by submission key
  account jsonb not null               -- as clients see it
) with (fillfactor = 50);
create index account_owner on account (owner_id);
create index account_provider on account (provider);

-- Credentials, each encrypted with a key of its own that is wrapped with the installation's.
create table credential (
  account_id text primary key,
  owner_id text not null,
  sealed jsonb not null,
  changed_at bigint not null
);
create index credential_owner on credential (owner_id);

-- What an account has uploaded already, so that a file goes to a provider once.
create table provider_upload (
  account_id text not null,
  sha256 text not null,
  remote_id text not null,
  at bigint not null,
  primary key (account_id, sha256)
);

-- A job's account while it holds a place there, the key of that submission, and what its submissions have cost.
alter table job
  add column account_id text,
  add column lease_key text,
  add column credits double precision not null default 0,
  add column provider_job_id text,
  add column charges jsonb not null default '[]';
create index job_charges on job (owner_id) where charges <> '[]';
