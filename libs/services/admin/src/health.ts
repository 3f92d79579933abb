import type { Instance, LaneView, PartHealth } from '@staffetta/core';

/** Health of what runs: the database that answered, each process, what it tells of its parts, and the lanes. */
export function assessHealth(
  instances: readonly Instance[],
  lanes: readonly LaneView[],
): readonly PartHealth[] {
  return [
    { name: 'database', ok: true, detail: '' },
    ...instances.flatMap(instanceHealth),
    ...laneHealth(lanes),
  ];
}

function instanceHealth(instance: Instance): readonly PartHealth[] {
  const name = `${instance.host} (${instance.services.join(', ')})`;
  const state = instance.alive ? (instance.ready ? '' : 'not ready') : 'no sign of life';
  const parts = instance.alive ? (instance.report.health ?? []) : [];
  return [
    { name, ok: state === '', detail: state },
    ...parts.map((part) => ({ ...part, name: `${instance.host}: ${part.name}` })),
  ];
}

function laneHealth(lanes: readonly LaneView[]): readonly PartHealth[] {
  const topics = [...new Set(lanes.map((lane) => lane.topic))];
  return topics.map((topic) => {
    const all = lanes.filter((lane) => lane.topic === topic);
    const owned = all.filter((lane) => lane.owner !== undefined).length;
    const ok = owned === all.length;
    return { name: `lanes of ${topic}`, ok, detail: `${owned} of ${all.length} have an owner` };
  });
}
