-- Players are shown no original of a video that was uploaded, with what its camera wrote into it: of those that are too long to be encoded
-- a copy without it is made now. Before all else that is due, for where they are published nothing of them is shown meanwhile: what is due at 0
-- would wait until nothing else is.
insert into derivation (asset_id, due_at)
select a.id, 1 from asset a
where a.media_type = 'video' and a.origin = 'upload' and a.phash is not null
  and not exists (select from asset_file f where f.asset_id = a.id and f.role in ('play-video', 'faststart'))
on conflict do nothing;
