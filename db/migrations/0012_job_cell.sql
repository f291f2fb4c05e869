-- Where a job stands in the grid that it was made with, or null.
alter table job add column cell jsonb;
