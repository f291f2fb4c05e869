-- What videos were converted to, for those who do not take them as they are: made once for each way of taking them. Times are ms since 1970.
create table conversion (
  sha256 text not null,                -- of the original
  target text not null,                -- what it had to be, in words of JSON
  made text not null,                  -- SHA-256 of the file; the original's own: it was taken as it is
  used_at bigint not null,
  primary key (sha256, target)
);
create index conversion_made on conversion (made);
