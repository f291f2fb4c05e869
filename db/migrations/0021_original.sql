-- When originals were used last, and which of them lie in the archive only. Without a row: not since it was stored, and here. Times are ms
-- since 1970.
create table original (
  sha256 text primary key,
  used_at bigint not null,
  away boolean not null default false
) with (fillfactor = 50);
