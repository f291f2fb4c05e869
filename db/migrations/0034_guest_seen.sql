-- When a guest opened the link last: who has not for longer than any token is good, and has played nothing, is forgotten. ms since 1970.
-- Of guests of before nothing is known: they count as seen now.
alter table play_guest add column seen_at bigint not null default (extract(epoch from now()) * 1000)::bigint;
create index play_guest_seen on play_guest (seen_at);
create index play_session_unbegun on play_session (created_at) where rev = -1;
