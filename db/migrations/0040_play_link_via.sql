-- The link by which somebody plays who lets others follow them by this one: it leads nowhere any longer than that does.
alter table play_link add column via text references play_link (id) on delete cascade;
create index play_link_via on play_link (via) where via is not null;
