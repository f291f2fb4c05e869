-- Where a job stands among its owner's of the same priority: lower goes first. Jobs from before are told with their next step.
alter table job add column rank double precision not null default 0;
