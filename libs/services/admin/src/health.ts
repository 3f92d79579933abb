import type { Instance, LaneView, MailFigures, PartHealth, WorkerAnswer } from '@staffetta/core';

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

/** Services that were asked and do not answer: what is shown has a gap there. */
export function gapsOf(
  figures: MailFigures | undefined,
  workers: readonly WorkerAnswer<unknown>[],
  instances: readonly Instance[],
): readonly PartHealth[] {
  const gaps: PartHealth[] = [];
  if (figures?.kind === 'away') gaps.push({ name: 'events', ok: false, detail: figures.reason });
  for (const answer of workers) {
    if (answer.kind === 'answer') continue;
    const instance = instances.find(({ id }) => id === answer.worker);
    const where = instance ? `${instance.host} (pid ${instance.pid})` : answer.worker;
    gaps.push({ name: `delivery on ${where}`, ok: false, detail: answer.reason });
  }
  return gaps;
}
