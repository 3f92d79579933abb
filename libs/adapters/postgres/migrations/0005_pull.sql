-- Up Migration

-- Due mail is pulled site by site: the backlog of a site that takes nothing is stepped over, not read.
create index scheduled_pull on scheduled (lane, site, bulk, priority, due_at) where state <> 'wire';
drop index scheduled_due;
