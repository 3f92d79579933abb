-- Up Migration

-- Owners that did not let go of a lane and may have connections open, until they say that these are closed or are
-- known to be dead.
alter table lane add column orphans text[] not null default '{}';

-- Who has a row on the wire beyond the hand-over of its lane, and until when it may settle it; without one it is the
-- lane's owner.
alter table scheduled add column wire_owner text, add column wire_until timestamptz;
create index scheduled_wire on scheduled (lane) where state = 'wire';
