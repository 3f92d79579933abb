-- Up Migration

-- The last flush that was written: one whose reply was lost is not written again.
alter table lane add column flush_id uuid;
