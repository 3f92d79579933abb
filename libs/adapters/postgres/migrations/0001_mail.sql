-- Up Migration

-- Instances, leases, the log, scheduled mail, trace and ledger. Tables that grow by the message are plain tables in
-- rings (log_slice, park_slice) or by day (trace), made by the adapters and emptied by TRUNCATE or DROP.

create table tenant (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  created_at timestamptz not null default now()
);
insert into tenant (id) values ('default');

create table instance (
  id text primary key,
  -- Which data folder it holds: the next process there knows that this one is dead.
  data_folder text not null,
  services text[] not null,
  host text not null,
  pid int not null,
  version text not null,
  started_at timestamptz not null default now(),
  heartbeat_at timestamptz not null default now(),
  directory_version bigint not null default 0,
  telemetry_port int not null default 0,
  ready boolean not null default false,
  -- What it tells of itself: ready queues by site, connections, health of its parts.
  report jsonb not null default '{}'
);

create table lane (
  topic smallint not null,
  lane int not null,
  owner text,
  epoch bigint not null default 0,
  until timestamptz not null default '-infinity',
  clean boolean not null default true,
  position bigint not null default 1,
  settled bytea not null default '',
  bulk_position bigint not null default 1,
  bulk_settled bytea not null default '',
  usage jsonb not null default '{}',
  primary key (topic, lane)
) with (fillfactor = 40);

create sequence log_segment increment by 1000;

create table log_partition (
  id int primary key,
  next bigint not null default 1,
  trimmed bigint not null default 1
) with (fillfactor = 40);

create table log_slice (
  seq bigint primary key,
  -- The tables log_<ring>_record and log_<ring>_body.
  ring int not null,
  opened_at timestamptz not null default now(),
  closed_at timestamptz,
  freed_at timestamptz
);
create unique index log_slice_ring on log_slice (ring) where freed_at is null;

create table park_slice (
  seq bigint primary key,
  ring int not null,
  -- Bodies lie in a slice of the hour in which they were parked, later in one of the day on which they expire.
  kind text not null check (kind in ('hour', 'day')),
  of timestamptz not null,
  freed_at timestamptz
);
create unique index park_slice_of on park_slice (kind, of) where freed_at is null;
create unique index park_slice_ring on park_slice (ring) where freed_at is null;

create sequence scheduled_id increment by 1000;

create table scheduled (
  id bigint primary key,
  lane int not null,
  bulk boolean not null,
  priority smallint not null,
  state text not null check (state in ('due', 'waiting', 'wire')),
  due_at timestamptz not null,
  tenant_id text not null,
  site text not null,
  domain text not null,
  message_id uuid not null,
  recipients int not null,
  accepted_at timestamptz not null,
  expires_at timestamptz not null,
  envelope bytea not null,
  body_slice bigint not null,
  body_bytes bigint not null,
  last_reply jsonb,
  reason text not null default ''
) with (fillfactor = 80);
create index scheduled_due on scheduled (lane, bulk, priority, due_at);
create index scheduled_site on scheduled (site, due_at);
create index scheduled_message on scheduled (message_id);
create index scheduled_body on scheduled (body_slice);

create table ledger_delta (
  id bigint generated always as identity primary key,
  tenant_id text not null,
  hour timestamptz not null,
  type text not null,
  count bigint not null
);

create table ledger (
  tenant_id text not null,
  hour timestamptz not null,
  type text not null,
  count bigint not null,
  primary key (tenant_id, hour, type)
);

create table minute_counter (
  minute timestamptz not null,
  type text not null,
  count bigint not null,
  primary key (minute, type)
);

-- Moved on with each change of domains, accounts, aliases, credentials or keys; caches are emptied by it.
create table directory_version (
  one boolean primary key default true check (one),
  version bigint not null default 1
);
insert into directory_version default values;
