-- What an actor waits for is in its own row: rows of their own were written and deleted with nearly every step, and half the cost of
-- a commit. Of the new columns only those are indexed that stay as they are from one step to the next.
alter table actor
  add column effects json,             -- asked for and without an outcome yet, in the order of their steps; null: none
  add column timers json,              -- null: none
  add column running boolean not null default false, -- an effect goes on by itself: no person decides about it, and the actor is not parked
  add column due_at bigint;            -- of the soonest timer; null: none, or parked

update actor a set
  effects = (
    select json_agg(json_build_object('invokeId', e.invoke_id, 'seq', e.seq, 'name', e.name, 'input', e.input, 'review', e.review,
      'startedAt', e.started_at) order by e.seq)
    from actor_effect e where e.actor_id = a.id),
  timers = (
    select json_agg(json_build_object('id', t.timer_id, 'dueAt', t.due_at, 'event', t.event) order by t.due_at)
    from actor_timer t where t.actor_id = a.id),
  running = exists (
    select from actor_effect e where e.actor_id = a.id and not e.review and (a.parked is null or e.name like 'host.%')),
  due_at = (select min(t.due_at) from actor_timer t where t.actor_id = a.id and a.parked is null)
where exists (select from actor_effect e where e.actor_id = a.id) or exists (select from actor_timer t where t.actor_id = a.id);

create index actor_running on actor (cell) where running;
create index actor_due on actor (cell, due_at) where due_at is not null;

drop table actor_effect;
drop table actor_timer;
