-- Which submission a provider's job is of, where a provider that lost the answer is asked for one like it: no two may take the same. Times are
-- ms since 1970.
create table provider_job (
  account_id text not null,            -- a provider's id, where it is used without an account
  provider_job_id text not null,
  submit_key text not null,
  at bigint not null,
  primary key (account_id, provider_job_id)
);
create index provider_job_at on provider_job (account_id, at);
insert into provider_job (account_id, provider_job_id, submit_key, at)
  select distinct on (account_id, provider_job_id) account_id, provider_job_id, id, coalesce(submitted_at, created_at)
  from job where account_id is not null and provider_job_id is not null;
