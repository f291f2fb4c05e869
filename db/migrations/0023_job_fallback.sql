-- Where a job is to go on when its provider does not make it, and where it was before; null: at one provider only.
alter table job add column fallback jsonb;
