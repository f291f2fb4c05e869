-- Assets, the files they consist of, where they came from, and uploads under way. Times are ms since 1970.

create table asset (
  id text primary key,
  owner_id text not null,
  media_type text not null check (media_type in ('video', 'image')),
  mime text not null,
  name text not null,
  size bigint not null,                -- bytes of the original
  width integer not null,
  height integer not null,
  duration_ms integer,
  fps double precision,
  frames integer,
  video_codec text,
  audio_codec text,
  sha256 text not null,                -- of the original
  phash text,                          -- 16 hex digits
  thumbhash text,                      -- base64
  sprite json,                         -- how the sheet of frames is cut
  origin text not null check (origin in ('generation', 'upload', 'frame')),
  origin_job_id text,
  origin_asset_id text,                -- may be gone: a captured frame outlives its video
  origin_time_ms integer,
  prompt text,
  favourite boolean not null default false,
  created_at bigint not null,
  deleted_at bigint,                   -- in the trash since
  rev integer not null default 1
);
create index asset_live on asset (owner_id, created_at desc, id desc) where deleted_at is null;
create index asset_trash on asset (owner_id, created_at desc, id desc) where deleted_at is not null;
create index asset_expired on asset (deleted_at) where deleted_at is not null;
create index asset_bytes on asset (owner_id, sha256);
-- One user's upload of the same bytes, or capture of the same frame, is one asset, whoever comes first.
create unique index asset_upload_once on asset (owner_id, sha256) where origin = 'upload';
create unique index asset_frame_once on asset (owner_id, origin_asset_id, origin_time_ms) where origin = 'frame';

-- These rows are what keeps a blob: there is no counter that could drift. Role 'original' is the asset itself.
create table asset_file (
  asset_id text not null references asset (id) on delete cascade,
  role text not null,
  sha256 text not null,
  mime text not null,
  size bigint not null,
  width integer,
  height integer,
  primary key (asset_id, role)
);
create index asset_file_blob on asset_file (sha256);

create table asset_edge (
  child_id text not null references asset (id) on delete cascade,
  parent_id text not null references asset (id) on delete cascade,
  relation text not null,
  operation text,
  time_ms integer,                     -- in the parent
  ord integer not null,
  primary key (child_id, ord)
);
create index asset_edge_parent on asset_edge (parent_id);

-- An upload is open until it is finished; a finished one is kept for a while, so that finishing it again answers the same.
create table upload (
  id text primary key,
  owner_id text not null,
  name text not null,
  size bigint not null,                -- announced bytes
  sha256 text,                         -- announced; once `checked`, found
  checked boolean not null default false,
  asset_id text,                       -- what it became, or what already has these bytes
  finished boolean not null default false,
  touched_at bigint not null
);
create index upload_open on upload (owner_id) where not finished;
create index upload_checked on upload (sha256) where checked and not finished;
create index upload_touched on upload (touched_at);
