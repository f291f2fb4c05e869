-- Durable actors. Times are ms since 1970. JSON is kept as text-exact `json`: it is written and read whole, never searched.

-- Who may write: a runner raises the epoch when it takes a cell, and every flush shares a lock on its row.
create table cell (
  cell integer primary key,
  epoch bigint not null
);
insert into cell (cell, epoch) select n, 0 from generate_series(0, 255) as n;

create table actor (
  id text primary key,                 -- address: kind/id
  kind text not null,
  cell integer not null,
  machine_version integer not null,
  seq bigint not null,                 -- journal number of the last step
  steps integer not null,              -- steps in the last commit: compare-and-set needs what the seq was before
  at bigint not null,
  created_at bigint not null,
  state text not null,                 -- state value: a name, or JSON for nested states
  status text not null,                -- active, done, error
  parked text,                         -- why it waits for a person
  snapshot json not null
) with (fillfactor = 70);
create index actor_kind_state on actor (kind, state) where status = 'active';
create index actor_parked on actor (id) where parked is not null;

create table actor_event (
  actor_id text not null,
  seq bigint not null,
  at bigint not null,
  event json not null,
  primary key (actor_id, seq)
);

-- An effect that was asked for and whose outcome is not yet an event. `review`: a person decides.
create table actor_effect (
  actor_id text not null,
  invoke_id text not null,
  seq bigint not null,                 -- step that asked for it: makes its key unique
  cell integer not null,
  name text not null,
  input json,
  review boolean not null default false,
  started_at bigint not null,
  primary key (actor_id, invoke_id)
);
create index actor_effect_cell on actor_effect (cell);

create table actor_timer (
  actor_id text not null,
  timer_id text not null,
  cell integer not null,
  due_at bigint not null,
  event json not null,
  primary key (actor_id, timer_id)
);
create index actor_timer_due on actor_timer (cell, due_at);

-- Commands that carried an event id, so that each happens once.
create table actor_inbox (
  actor_id text not null,
  event_id text not null,
  hash text not null,                  -- SHA-256 of the event's content
  seq bigint not null,
  at bigint not null,
  primary key (actor_id, event_id)
);
create index actor_inbox_at on actor_inbox (at);
