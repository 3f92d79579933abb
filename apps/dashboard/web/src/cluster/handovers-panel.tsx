import { Button } from '@mantine/core';
import { useState } from 'react';
import table from '../ui/data-table.module.css';
import { Panel } from '../ui/panel.tsx';
import { ScrollRegion } from '../ui/scroll-region.tsx';
import { HandoverRow } from './handover-row.tsx';
import type { OwnerMarks } from './owners.ts';
import { useHandovers } from './use-cluster.ts';
import classes from './handovers-panel.module.css';

interface HandoversPanelProps {
  readonly nowMs: number;
  readonly marks: OwnerMarks;
}

/** Who gave lanes to whom and how, the newest first, page by page. */
export function HandoversPanel({ nowMs, marks }: HandoversPanelProps) {
  // The ids from before which the pages behind this one begin; the newest page begins nowhere.
  const [pages, setPages] = useState<readonly number[]>([]);
  const { handovers, hasOlder } = useHandovers(pages.at(-1));
  const last = handovers?.at(-1);
  return (
    <Panel
      title="Hand-overs of lanes"
      note="Clean: the owner finished what was in flight and let go. Unclean: it died or was cut off, and the next one waited for the end of its lease."
      aside={
        (hasOlder || pages.length > 0) && (
          <div className={classes.pages}>
            <Button
              variant="default"
              size="xs"
              disabled={pages.length === 0}
              onClick={() => setPages(pages.slice(0, -1))}
            >
              Newer
            </Button>
            <Button
              variant="default"
              size="xs"
              disabled={!hasOlder || !last}
              onClick={() => last && setPages([...pages, last.id])}
            >
              Older
            </Button>
          </div>
        )
      }
    >
      {handovers && handovers.length > 0 ? (
        <ScrollRegion label="Table of hand-overs">
          <table className={table.table}>
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Lanes</th>
                <th scope="col">From</th>
                <th scope="col">To</th>
                <th scope="col">How</th>
                <th scope="col" className={table.number}>
                  Without owner for
                </th>
              </tr>
            </thead>
            <tbody>
              {handovers.map((handover) => (
                <HandoverRow key={handover.id} handover={handover} nowMs={nowMs} marks={marks} />
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      ) : (
        <p className={classes.empty}>
          {handovers ? 'No lane was ever handed over.' : 'Waiting for the first look…'}
        </p>
      )}
    </Panel>
  );
}
