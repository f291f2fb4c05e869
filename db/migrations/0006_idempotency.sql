-- Results of mutations by the key that their client gave, so that a repeat answers the first result. Swept after a day.

create table idempotency (
  user_id text not null,
  call text not null,
  key text not null,
  input_hash text not null,            -- SHA-256 of the canonical input, hex
  output json not null,                -- as it was sent
  created_at bigint not null,          -- ms since 1970
  primary key (user_id, call, key)
);
create index idempotency_created on idempotency (created_at);
