-- Up Migration

-- The timelines of PostgreSQL on which this database was: another one than the first comes with a restored backup or a
-- promoted standby, and mail that waits then may have been delivered before.
create table timeline (
  number int primary key,
  seen_at timestamptz not null default now()
);
