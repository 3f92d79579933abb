/** Hand-overs that are kept, the last ones. */
export const HANDOVERS_MAX = 5_000;

/** Who takes: the process with the id $2, as people know it once its row of `instance` is gone. */
export const HOLDER = `
         select coalesce((
           select jsonb_build_object('id', id, 'host', host, 'pid', pid, 'services', services)
           from instance where id = $2
         ), jsonb_build_object('id', $2::text)) as holder`;

/**
 * Tells what is taken with the same statement: one row for all lanes of topic $1 that come from one holder (`before`)
 * to another (`me`); the oldest rows make room. Without lanes nothing is written.
 */
export const TELL_HANDOVERS = `told as (
         insert into lane_handover (topic, lanes, from_holder, to_holder, clean, idle_ms)
         select $1, array_agg(lane order by lane), before.holder, me.holder, before.clean,
                max(extract(epoch from now() - held_at) * 1000)::bigint
         from before, me group by before.holder, me.holder, before.clean
       ), pruned as (
         delete from lane_handover where id in (
           select id from lane_handover
           where exists (select from before)
             and id <= (select max(id) from lane_handover) - ${HANDOVERS_MAX}
           order by id for update skip locked)
       )`;
