-- How often a provider was asked what became of a submission: it is asked so often, and not until a time of the clock, which may come while
-- nobody is here to ask. Of those that ended more than a week ago nobody asks any more.
alter table ledger add column asks integer not null default 0;
update ledger set asks = 1000000
  where (outcome = 'unknown' and charged is null or outcome in ('lost', 'goes on'))
    and settled_at < extract(epoch from now()) * 1000 - 7 * 86400000.0;
-- Those of which something may be given back: as many as were called off, and nearly all are done with.
create index ledger_refundable on ledger (account_id)
  where outcome in ('lost', 'goes on') and charged > 0 and found_at is null and asks < 35;
