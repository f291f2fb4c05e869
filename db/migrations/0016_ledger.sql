-- What submissions to accounts cost, and how much of it people allow. Times are ms since 1970.

-- One row a submission, from before its place at the account is asked for: until it has ended its estimate is held. One that came to
-- nothing has no row.
create table ledger (
  key text not null,                   -- of the submission
  account_id text not null,
  job_id text not null,
  owner_id text not null,
  provider text not null,
  account_title text not null,
  type text,                           -- what is counted in; null: nothing
  estimated double precision not null,
  charged double precision,            -- what remains to be paid; null: it has not ended
  refunded double precision not null default 0,
  source text check (source in ('provider', 'estimate')),
  outcome text,
  at bigint not null,                  -- when it was held: its day and month
  settled_at bigint,
  primary key (key, account_id)
);
create index ledger_owner on ledger (owner_id, at);
create index ledger_at on ledger (at);
create index ledger_held on ledger (at) where settled_at is null;

insert into ledger (key, account_id, job_id, owner_id, provider, account_title, type, estimated, charged, source, outcome, at, settled_at)
select c ->> 'key', c ->> 'accountId', j.id, j.owner_id, j.provider, c ->> 'accountTitle', c ->> 'type', (c ->> 'estimated')::double precision,
  coalesce((c ->> 'charged')::double precision,
    case when c ->> 'outcome' in ('completed', 'goes on') then (c ->> 'estimated')::double precision else 0 end),
  case when c ->> 'charged' is null then 'estimate' else 'provider' end, c ->> 'outcome',
  (c ->> 'at')::bigint - (c ->> 'tookMs')::bigint, (c ->> 'at')::bigint
from job j cross join jsonb_array_elements(j.charges) c
where j.charges <> '[]'
on conflict do nothing;
-- What was spent is read from the ledger alone.
drop index job_charges;

create table budget (
  id text primary key,
  owner_id text not null,              -- whose submissions count; '': everybody's
  by_admin boolean not null,           -- only an administrator changes it
  provider text not null,              -- where; '': everywhere
  period text not null check (period in ('day', 'month')),
  type text not null,                  -- credits of this type are counted; '': submissions
  warn_at double precision,            -- a mark
  pause_at double precision,           -- jobs wait
  stop_at double precision,            -- jobs are refused
  unique (owner_id, by_admin, provider, period, type)
);

-- What of a budget is spent or held since `since`.
create function budget_used(b budget, since bigint) returns numeric stable language plpgsql as $$
begin
  -- Two statements, since each has an index of its own.
  if b.owner_id = '' then
    return (
      select case when b.type = '' then count(*) else coalesce(sum(coalesce(l.charged, l.estimated)::numeric), 0) end
      from ledger l where l.at >= since and b.provider in ('', l.provider) and (b.type = '' or l.type = b.type));
  end if;
  return (
    select case when b.type = '' then count(*) else coalesce(sum(coalesce(l.charged, l.estimated)::numeric), 0) end
    from ledger l where l.owner_id = b.owner_id and l.at >= since and b.provider in ('', l.provider) and (b.type = '' or l.type = b.type));
end $$;

-- Holds what submissions are to cost, of each unless a person has paused it or a budget has no room for it; answers the keys of those. One at a time, whichever
-- process asks, so that two cannot both see the last room. A function, because each of its statements must see what the one before it
-- wrote, and because the lock must not outlive a client that stands still between two statements.
create function hold_spend(wanted jsonb, now_ms bigint, day_start bigint, month_start bigint) returns setof text
language plpgsql as $$
declare
  w record;
  b budget;
  uses jsonb := '{}';
  used numeric;
  most numeric;
  amount numeric;
  refused boolean;
begin
  perform pg_advisory_xact_lock(hashtext('budget'), 0);
  -- The hold of an earlier try of the same.
  delete from ledger l using jsonb_to_recordset(wanted) as r (key text, account_id text)
  where l.key = r.key and l.account_id = r.account_id and l.settled_at is null;
  for w in
    select * from jsonb_to_recordset(wanted) as r (
      key text, account_id text, account_title text, job_id text, owner_id text, provider text, type text, cost numeric)
  loop
    refused := exists (
      select from pause p where p.since is not null and p.owner_id in ('', w.owner_id) and p.provider in ('', w.provider));
    for b in
      select * from budget where owner_id in ('', w.owner_id) and provider in ('', w.provider) and (type = '' or type = w.type)
        and (pause_at is not null or stop_at is not null)
    loop
      used := coalesce((uses ->> b.id)::numeric, budget_used(b, case b.period when 'day' then day_start else month_start end));
      uses := uses || jsonb_build_object(b.id, used);
      most := least(b.pause_at, b.stop_at)::numeric;
      amount := case when b.type = '' then 1 else w.cost end;
      refused := refused or used >= most or used + amount > most;
    end loop;
    if refused then
      return next w.key;
    else
      insert into ledger (key, account_id, account_title, job_id, owner_id, provider, type, estimated, at)
      values (w.key, w.account_id, w.account_title, w.job_id, w.owner_id, w.provider, w.type, w.cost, now_ms)
      on conflict do nothing;
      for b in
        select * from budget where owner_id in ('', w.owner_id) and provider in ('', w.provider) and (type = '' or type = w.type)
          and (pause_at is not null or stop_at is not null)
      loop
        uses := uses || jsonb_build_object(b.id, (uses ->> b.id)::numeric + case when b.type = '' then 1 else w.cost end);
      end loop;
    end if;
  end loop;
end $$;
