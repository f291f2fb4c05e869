-- Of uploaded pictures that are larger than their poster players get one as large as a screen: what follows those that are there already is
-- made once more, as if it had not been made yet. Those whose originals are in the archive stay as they are. There may be many of them: what is
-- due at 0 waits until nothing else is due.
with larger as (
  update asset a set phash = null
  where a.media_type = 'image' and a.origin = 'upload' and greatest(a.width, a.height) > 1280 and a.phash is not null
    and not exists (select from original o where o.sha256 = a.sha256 and o.away)
  returning a.id
)
insert into derivation (asset_id, due_at) select id, 0 from larger;
drop index derivation_due;
create index derivation_due on derivation ((due_at = 0), due_at);
