import { useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { Lane } from './documents.ts';
import { LaneCell } from './lane-cell.tsx';
import { laneKey, sayTopic } from './lane-words.ts';
import { neighbour } from './neighbour.ts';
import type { OwnerMarks } from './owners.ts';
import classes from './lane-map.module.css';

interface LaneMapProps {
  readonly lanes: readonly Lane[];
  readonly marks: OwnerMarks;
  /** Ids of owners that give no sign of life. */
  readonly silent: ReadonlySet<string>;
  /** Told of the lane under the pointer or with the focus. */
  readonly onPoint: (key: string | undefined) => void;
}

const TOPICS = ['accepted', 'outbound', 'local', 'events'];
/** Cells of one topic; the command line lists them all. */
const CELLS_MAX = 1_024;

/** One cell a lane, in the colour of its owner. One stop of Tab; arrow keys go on from there. */
export function LaneMap({ lanes, marks, silent, onPoint }: LaneMapProps) {
  const map = useRef<HTMLDivElement>(null);
  const [stop, setStop] = useState<string>();
  const topics = [...Map.groupBy(lanes, ({ topic }) => topic)].sort(
    ([a], [b]) => TOPICS.indexOf(a) - TOPICS.indexOf(b),
  );
  const first = topics[0]?.[1][0];
  const tabStop = lanes.some((lane) => laneKey(lane) === stop) ? stop : first && laneKey(first);
  function move(event: KeyboardEvent): void {
    const cells = [...(map.current?.querySelectorAll('button') ?? [])];
    const next = neighbour(cells, document.activeElement, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
  return (
    <div ref={map} className={classes.map} onKeyDown={move} onMouseLeave={() => onPoint(undefined)}>
      {topics.map(([topic, all]) => (
        <section key={topic} aria-label={`Lanes of ${topic}`}>
          <h3 className={classes.topic}>
            {topic} <span className={classes.meaning}>{sayTopic(topic)}</span>
          </h3>
          <div className={classes.cells}>
            {all.slice(0, CELLS_MAX).map((lane) => (
              <LaneCell
                key={lane.lane}
                id={laneKey(lane)}
                lane={lane.lane}
                mark={lane.owner === undefined ? undefined : marks.of(lane.owner)}
                isSilent={lane.owner !== undefined && silent.has(lane.owner)}
                isStop={laneKey(lane) === tabStop}
                onPoint={onPoint}
                onFocus={setStop}
              />
            ))}
          </div>
          {all.length > CELLS_MAX && (
            <p className={classes.meaning}>
              The first {CELLS_MAX} of {all.length}; <code>npx --no staffetta cluster</code> lists
              all.
            </p>
          )}
        </section>
      ))}
    </div>
  );
}
