-- How often a provider was asked what became of a submission of which nobody knew: it is asked so often, and not until a time of the clock, which
-- may come while nobody is here to ask. Of those whose week was over nobody asks again.
alter table ledger add column asks integer not null default 0;
update ledger set asks = 1000000
  where outcome = 'unknown' and charged is null and settled_at < extract(epoch from now()) * 1000 - 7 * 86400000.0;
