-- What became of a submission of which nobody knew whether it was taken is asked of the provider after its job has ended, as long as nobody has
-- told it. Times are ms since 1970.
alter table ledger add column ask_at bigint;   -- not before then; null: it was not asked yet
alter table ledger add column found text;      -- what the provider says: `not taken`, or how it ended there
alter table ledger add column found_at bigint;
