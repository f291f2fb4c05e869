-- What an administrator allows one user, where that is not what the installation allows everybody; and how many jobs a user has asked for on a
-- day. Times are ms since 1970.
create table user_quota (
  user_id text primary key,            -- null: as for everybody
  open_jobs integer,
  jobs_a_day integer,
  assets integer,
  storage double precision,            -- gigabytes (10^9)
  accounts integer
);
create table user_day (
  user_id text not null,
  day bigint not null,                 -- when it began, UTC
  jobs integer not null,
  primary key (user_id, day)
) with (fillfactor = 50);

drop function admit_jobs;
-- Reserves places under an owner's limits of open jobs and of jobs a day: all of `ids` or none. Answers how many were open or reserved, and
-- asked for today, before, and the limits that hold for this owner. One admission of an owner at a time, whichever process asks; reservations
-- older than `stale_before` count no more. A function, because each of its statements must see what the admission before it wrote, and because
-- the lock must not outlive a client that stands still between two statements.
create function admit_jobs(
  owner text, ids text[], most integer, most_today integer, today bigint, now_ms bigint, stale_before bigint,
  out open integer, out made integer, out open_limit integer, out day_limit integer, out admitted boolean
) language plpgsql as $$
declare
  again integer;
begin
  perform pg_advisory_xact_lock(hashtext('job_reservation'), hashtext(owner));
  select coalesce(max(q.open_jobs), most), coalesce(max(q.jobs_a_day), most_today) into open_limit, day_limit
    from user_quota q where q.user_id = owner;
  -- Reserved already, and counted then.
  again := (select count(*) from job_reservation r where r.owner_id = owner and r.job_id = any(ids));
  delete from job_reservation r
  where r.owner_id = owner and (r.at < stale_before or r.job_id = any(ids) or exists (select from job j where j.id = r.job_id));
  open := (select count(*) from job j where j.owner_id = owner and j.finished_at is null)
    + (select count(*) from job_reservation r where r.owner_id = owner);
  made := coalesce((select d.jobs from user_day d where d.user_id = owner and d.day = today), 0);
  admitted := open + cardinality(ids) <= open_limit and made + cardinality(ids) - again <= day_limit;
  if admitted then
    insert into job_reservation (job_id, owner_id, at) select id, owner, now_ms from unnest(ids) as i (id);
    insert into user_day as d (user_id, day, jobs) values (owner, today, cardinality(ids) - again)
    on conflict (user_id, day) do update set jobs = d.jobs + excluded.jobs;
  end if;
end $$;
