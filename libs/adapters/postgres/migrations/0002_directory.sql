-- Up Migration

-- Domains, accounts, aliases, credentials, keys; operators and what they did. Addresses are kept as given and compared
-- by their key (addressKey): domain as lower-case A-label, local part NFC and lower case.

create table domain (
  name text primary key,
  tenant_id text not null references tenant (id),
  kind text not null check (kind in ('local', 'relay')),
  -- host:port, or empty.
  next_hop text not null default '' check (next_hop = '' or kind = 'relay'),
  created_at timestamptz not null default now()
);
create index domain_tenant on domain (tenant_id, name);

create table account (
  id uuid primary key default gen_random_uuid(),
  tenant_id text not null references tenant (id),
  domain text not null references domain (name),
  address text not null,
  address_key text not null unique,
  password_hash text not null,
  created_at timestamptz not null default now()
);
create index account_domain on account (domain, address_key);

create table alias (
  address_key text primary key,
  tenant_id text not null references tenant (id),
  domain text not null references domain (name),
  address text not null,
  targets text[] not null,
  target_keys text[] not null,
  created_at timestamptz not null default now()
);
create index alias_domain on alias (domain, address_key);
create index alias_target on alias using gin (target_keys);

create table credential (
  name text primary key,
  tenant_id text not null references tenant (id),
  bulk boolean not null,
  password_hash text not null,
  created_at timestamptz not null default now()
);

create table api_key (
  id uuid primary key default gen_random_uuid(),
  tenant_id text not null references tenant (id),
  name text not null,
  -- SHA-256 of the key, which is random and long enough to need no salt.
  key_hash bytea not null unique,
  created_at timestamptz not null default now(),
  unique (tenant_id, name)
);

create table operator (
  name text primary key,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  password_hash text not null,
  created_at timestamptz not null default now()
);

create table operator_session (
  -- SHA-256 of what the cookie holds.
  token_hash bytea primary key,
  operator text not null references operator (name) on delete cascade,
  peer text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index operator_session_expires on operator_session (expires_at);

create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  who text not null,
  action text not null,
  object text not null,
  detail jsonb not null default '{}'
);
create index audit_at on audit (at);

-- Set by `staffetta stop`; each process looks at its own row with its heartbeat and drains.
alter table instance add column stop_requested_at timestamptz;
