-- Where no job of somebody's may be sent: everywhere or at one provider, of one user or of everybody. Times are ms since 1970.
-- A row stays when it is resumed: its `rev` tells later news from earlier.
create table pause (
  owner_id text not null,              -- whose jobs; '': everybody's
  provider text not null,              -- where; '': everywhere
  since bigint,                        -- null: resumed
  rev integer not null,
  primary key (owner_id, provider)
);
