-- Until when nobody worked on a job, the last time, ms since 1970; null: somebody always did. How long a generation takes is learnt only from
-- those that nobody left alone.
alter table job add column absent_until bigint;
