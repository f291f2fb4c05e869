-- Of a guest all links of a day are counted, also those that were withdrawn.
drop index play_link_owner;
create index play_link_owner on play_link (owner_id, created_at desc);
