-- Players are shown no original of a video that was uploaded, with what its camera wrote into it: of those that are too long to be encoded
-- a copy without it is made now. What is due at 0 waits until nothing else is due.
insert into derivation (asset_id, due_at)
select a.id, 0 from asset a
where a.media_type = 'video' and a.origin = 'upload' and a.phash is not null
  and not exists (select from asset_file f where f.asset_id = a.id and f.role in ('play-video', 'faststart'))
on conflict do nothing;
