-- Up Migration

-- Mailboxes of accounts. What makes a mailbox consistent is its row: every change takes it, so numbers are given and
-- become visible in the same order. Rows are led by account_id, so that they can be distributed by it.

create table mailbox_account (
  account_id text collate "C" primary key,
  next_id int not null default 1,
  -- The last one given: a name that is used again gets another.
  uid_validity bigint not null default 0
);

create table mailbox (
  account_id text collate "C" not null,
  id int not null,
  name text collate "C" not null,
  special_use text,
  uid_validity bigint not null,
  uid_next bigint not null default 1,
  modseq bigint not null default 1,
  messages int not null default 0,
  unseen int not null default 0,
  size_bytes bigint not null default 0,
  recent_from_uid bigint not null default 1,
  -- Tombstones of changes up to this one are gone.
  vanished_from_modseq bigint not null default 0,
  primary key (account_id, id),
  unique (account_id, name)
) with (fillfactor = 50);

create table mailbox_subscription (
  account_id text collate "C" not null,
  name text collate "C" not null,
  primary key (account_id, name)
);

-- Kept small, since flags change often: what never changes and is large stands with the body.
create table mailbox_message (
  account_id text collate "C" not null,
  mailbox_id int not null,
  uid bigint not null,
  modseq bigint not null,
  -- 1 \Seen, 2 \Answered, 4 \Flagged, 8 \Deleted, 16 \Draft.
  flags smallint not null,
  keywords text[],
  internal_date timestamptz not null,
  saved_at timestamptz not null default now(),
  -- Of prefix and body.
  size_bytes bigint not null,
  body_header_bytes int not null,
  ends_with_crlf boolean not null,
  prefix bytea not null,
  blob bytea not null,
  primary key (account_id, mailbox_id, uid)
) with (fillfactor = 90);
create index mailbox_message_modseq on mailbox_message (account_id, mailbox_id, modseq);
-- For the collector only; a hash index keeps four octets of each.
create index mailbox_message_blob on mailbox_message using hash (blob);

-- One row for each removal.
create table mailbox_vanished (
  account_id text collate "C" not null,
  mailbox_id int not null,
  modseq bigint not null,
  uids int8multirange not null,
  at timestamptz not null default now(),
  primary key (account_id, mailbox_id, modseq)
);
create index mailbox_vanished_at on mailbox_vanished (at);

-- Bodies by the hash of what a row holds. Octets are stored after one octet that tells how: 0 as they are, 1 zstd.
create table mail_blob (
  hash bytea primary key,
  size_bytes bigint not null,
  -- Octets of the body that `header` holds; `content` goes on from there, and mail_blob_chunk after it.
  header_bytes int not null,
  header bytea not null,
  structure bytea not null,
  content bytea not null,
  touched_at timestamptz not null default now()
);
alter table mail_blob alter column header set storage external;
alter table mail_blob alter column structure set storage external;
alter table mail_blob alter column content set storage external;

create table mail_blob_chunk (
  hash bytea not null,
  number int not null,
  bytes bytea not null,
  primary key (hash, number)
);
alter table mail_blob_chunk alter column bytes set storage external;

-- Blobs that lost a reference: the collector looks at them two days later.
create table mail_blob_release (
  hash bytea not null,
  released_at timestamptz not null default now()
);
create index mail_blob_release_at on mail_blob_release (released_at);

-- Who reads an account by POP3. The holder lives as long as a session holds the advisory lock of its number.
create sequence pop3_holder as int cycle;
create table pop3_lock (
  account_id text collate "C" primary key,
  holder int not null,
  -- Of one acquisition, so that a late release takes no later one away.
  token uuid not null
);
