-- Up Migration

-- Who took a lane last, and until when it is known to have held it: told of when the next one takes it.
alter table lane add column holder jsonb, add column held_at timestamptz;

-- The last hand-overs of lanes: those that one process took from one other at once.
create table lane_handover (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  topic smallint not null,
  lanes int[] not null,
  from_holder jsonb,
  to_holder jsonb not null,
  clean boolean not null,
  -- The longest that one of them stood without a holder; absent at their first.
  idle_ms bigint
);
