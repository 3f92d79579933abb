-- Up Migration

-- Which kind of log positions and waiting mail belong to: they mean nothing beside another one.
create table log_kind (
  one boolean primary key default true check (one),
  kind text not null
);
insert into log_kind (kind) select 'postgres' where exists (select from log_partition where next > 1);

-- Where the log keeps records apart: the first record of each cause that could happen twice.
create table log_cause (
  cause text primary key,
  place text not null,
  at timestamptz not null default now()
);
create index log_cause_at on log_cause (at);
