-- Reserves places under an owner's limit of open jobs: all of `ids` or none. Answers how many were open or reserved before. One
-- admission of an owner at a time, whichever process asks; reservations older than `stale_before` count no more. A function, because
-- each of its statements must see what the admission before it wrote, and because the lock must not outlive a client that stands still
-- between two statements.
create function admit_jobs(owner text, ids text[], most integer, now_ms bigint, stale_before bigint, out open integer, out admitted boolean)
language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('job_reservation'), hashtext(owner));
  delete from job_reservation r
  where r.owner_id = owner and (r.at < stale_before or r.job_id = any(ids) or exists (select from job j where j.id = r.job_id));
  open := (select count(*) from job j where j.owner_id = owner and j.finished_at is null)
    + (select count(*) from job_reservation r where r.owner_id = owner);
  admitted := open + cardinality(ids) <= most;
  if admitted then
    insert into job_reservation (job_id, owner_id, at) select id, owner, now_ms from unnest(ids) as i (id);
  end if;
end $$;
