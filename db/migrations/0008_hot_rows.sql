-- A row whose indexed columns stay as they are is updated in place, without touching any index. The state of an actor and of a
-- job changes with every step, so no index may name it.
drop index actor_kind_state;

drop index job_completed;
create index job_completed on job (provider, operation, finished_at desc) where asset_id is not null;
