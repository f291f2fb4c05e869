-- What an account has uploaded goes with its credentials, as both do when it is removed.
delete from provider_upload u where not exists (select from credential c where c.account_id = u.account_id);
alter table provider_upload add foreign key (account_id) references credential (account_id) on delete cascade;
