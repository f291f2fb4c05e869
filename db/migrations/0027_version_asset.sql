-- Which assets a published version plays: these are not purged from the trash as long as the version is there.
create table scene_version_asset (
  asset_id text not null,
  version_id text not null references scene_version (id) on delete cascade,
  primary key (asset_id, version_id)
);
create index scene_version_asset_version on scene_version_asset (version_id);
insert into scene_version_asset (asset_id, version_id)
select distinct named #>> '{}', v.id from scene_version v, jsonb_path_query(v.story, '$.**.assetId') as named;
