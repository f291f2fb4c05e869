-- Which a job is of those that one call asked for, from 0: they are of one moment, and lists have them in the order in which they were asked
-- for, which their ids do not tell.
alter table job add column ordinal integer not null default 0;
drop index job_list;
create index job_list on job (owner_id, created_at desc, ordinal desc, id desc);
drop index job_prompt;
create index job_prompt on job (owner_id, md5(coalesce(template ->> 'text', prompt)), created_at desc, ordinal desc, id desc);
