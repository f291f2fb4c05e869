-- Which accounts are one at their provider, so that no two of an owner are added at once, whichever process is asked: a digest of owner, provider,
-- settings and credentials, keyed with a secret of the installation. Null: it has no credentials, or was added before.
alter table credential add column digest text;
create unique index credential_digest on credential (digest);

-- Secrets of the installation that must be the same for good, each sealed like credentials.
create table installation_secret (
  name text primary key,
  sealed jsonb not null
);
