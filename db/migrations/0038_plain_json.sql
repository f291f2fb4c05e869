-- What PostgreSQL is given as JSON it reads from end to end, a tenth of what a commit cost, and nothing asks it for a part of these.
alter table actor
  alter column snapshot type text,
  alter column effects type text,
  alter column timers type text,
  -- A flush fills pages with actors that it makes, and the next updates them all: what has no room on its page is written to every
  -- index anew.
  set (fillfactor = 50);
alter table actor_event alter column event type text;
