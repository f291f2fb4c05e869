-- Assets that can be seen already and whose derivatives are still to be made.
create table derivation (
  asset_id text primary key references asset (id) on delete cascade,
  due_at bigint not null               -- by then whoever took the asset in has made them, or died: ms since 1970
);
create index derivation_due on derivation (due_at);
