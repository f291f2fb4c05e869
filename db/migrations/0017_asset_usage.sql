-- What each user keeps, counted as it changes: a job that is asked for must not count all that its owner has. Written by the statement that
-- changes an asset, so in its transaction; whoever adds an asset waits for others who add one of the same user until they have committed.
create table asset_usage (
  owner_id text primary key,
  assets bigint not null,              -- outside of the trash
  bytes bigint not null                -- of their originals
) with (fillfactor = 50);
insert into asset_usage (owner_id, assets, bytes)
select owner_id, count(*), sum(size) from asset where deleted_at is null group by owner_id;

-- Owners in order, so that two statements that change assets of several cannot wait for each other.
create function count_assets() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into asset_usage as u (owner_id, assets, bytes)
    select owner_id, count(*), sum(size) from added where deleted_at is null group by owner_id order by owner_id
    on conflict (owner_id) do update set assets = u.assets + excluded.assets, bytes = u.bytes + excluded.bytes;
  elsif tg_op = 'DELETE' then
    insert into asset_usage as u (owner_id, assets, bytes)
    select owner_id, -count(*), -sum(size) from gone where deleted_at is null group by owner_id order by owner_id
    on conflict (owner_id) do update set assets = u.assets + excluded.assets, bytes = u.bytes + excluded.bytes;
  else
    insert into asset_usage as u (owner_id, assets, bytes)
    select owner_id, sum(one), sum(size) from (
      select owner_id, 1 as one, size from added where deleted_at is null
      union all
      select owner_id, -1, -size from gone where deleted_at is null
    ) as changed group by owner_id having sum(one) <> 0 or sum(size) <> 0 order by owner_id
    on conflict (owner_id) do update set assets = u.assets + excluded.assets, bytes = u.bytes + excluded.bytes;
  end if;
  return null;
end $$;
create trigger count_added after insert on asset referencing new table as added for each statement execute function count_assets();
create trigger count_gone after delete on asset referencing old table as gone for each statement execute function count_assets();
create trigger count_changed after update on asset referencing old table as gone new table as added
  for each statement execute function count_assets();
