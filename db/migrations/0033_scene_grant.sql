-- With whom the owner of a scene shares it. Times are ms since 1970.
create table scene_grant (
  scene_id text not null references scene (id) on delete cascade,
  user_id text not null references app_user (id) on delete cascade,
  role text not null check (role in ('editor', 'viewer')),
  granted_at bigint not null,
  primary key (scene_id, user_id)
);
create index scene_grant_user on scene_grant (user_id);

-- The clips that their own owners have put into a scene: who has the scene sees them there, and it may be published with them. Those that are
-- taken out of it stay here, so that it can be undone by anybody; they are seen only while the draft names them.
create table scene_asset (
  scene_id text not null references scene (id) on delete cascade,
  asset_id text not null references asset (id) on delete cascade,
  primary key (scene_id, asset_id)
);
create index scene_asset_asset on scene_asset (asset_id);
insert into scene_asset (scene_id, asset_id)
select distinct s.id, a.id
from scene s cross join lateral jsonb_path_query(s.body, '$.**.assetId') as named join asset a on a.id = named #>> '{}'
where a.owner_id = s.owner_id;

-- A version plays what its owner might use when it was published: what others own was never shown, and from here on would be.
delete from scene_version_asset n using scene_version v, asset a
where v.id = n.version_id and a.id = n.asset_id and a.owner_id <> v.owner_id;
