-- Of uploaded pictures that are larger than their poster players get one as large as a screen: what follows those that are there already is
-- made once more, as if it had not been made yet. Those whose originals are in the archive stay as they are.
with larger as (
  update asset a set phash = null
  where a.media_type = 'image' and a.origin = 'upload' and greatest(a.width, a.height) > 1280 and a.phash is not null
    and not exists (select from original o where o.sha256 = a.sha256 and o.away)
  returning a.id
)
insert into derivation (asset_id, due_at) select id, 0 from larger;
