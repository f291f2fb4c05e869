-- What became of a submission of which nobody knew whether it was taken may be told after its job has ended: by a person, who is named.
alter table ledger add column told_by text;
alter table ledger add column told_at bigint;
alter table ledger drop constraint ledger_source_check;
alter table ledger add constraint ledger_source_check check (source in ('provider', 'estimate', 'person'));
-- Those of which nobody has told yet.
create index ledger_unknown on ledger (owner_id, at) where outcome = 'unknown' and charged is null;
