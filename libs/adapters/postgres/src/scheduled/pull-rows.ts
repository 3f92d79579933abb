/**
 * Due rows of lanes ($1), without those in memory ($2) and sites that are closed ($3), at most $4.
 *
 * The index is walked from one kind of mail (site, bulk, priority) to the next, one look for each, so the cost goes by
 * the number of sites and what is returned, never by how much waits for a site. The kinds with the oldest due rows are
 * read first. `not in` of a subquery is hashed, `<> all` of a parameter is not.
 */
export const PULL_ROWS = `
  with recursive kind as (
    select held.lane, first.* from unnest($1::int[]) as held (lane), lateral (
      select site, bulk, priority from scheduled where lane = held.lane and state <> 'wire'
      order by site, bulk, priority limit 1
    ) as first
    union all
    select kind.lane, next.* from kind, lateral (
      select site, bulk, priority from scheduled
      where lane = kind.lane and state <> 'wire'
        and (site, bulk, priority) > (kind.site, kind.bulk, kind.priority)
      order by site, bulk, priority limit 1
    ) as next
  ), open as (
    select kind.*, oldest.due_at from kind, lateral (
      select due_at from scheduled as row
      where row.lane = kind.lane and row.site = kind.site and row.bulk = kind.bulk
        and row.priority = kind.priority and state <> 'wire' and due_at <= now()
        and id not in (select unnest($2::bigint[]))
      order by due_at limit 1
    ) as oldest
    where kind.site not in (select unnest($3::text[]))
    order by bulk, priority, due_at limit $4
  ), pulled as (
    select row.* from open, lateral (
      select * from scheduled as row
      where row.lane = open.lane and row.site = open.site and row.bulk = open.bulk
        and row.priority = open.priority and state <> 'wire' and due_at <= now()
        and id not in (select unnest($2::bigint[]))
      order by due_at limit $4
    ) as row
    order by open.bulk, open.priority, open.due_at, row.due_at limit $4
  )
  select id, lane, envelope, body_slice, body_bytes, message_id, due_at, last_reply
  from pulled order by bulk, priority, due_at`;
