import { SortDownIcon, SortUpIcon } from '../ui/icons.tsx';
import table from '../ui/data-table.module.css';
import { nextOrder } from './sort-queues.ts';
import type { Order, SortKey } from './sort-queues.ts';
import classes from './queues-panel.module.css';

interface SortHeaderProps {
  readonly sortKey: SortKey;
  readonly label: string;
  readonly meaning: string;
  readonly isNumber: boolean;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
}

/** A column's heading that sorts by it. */
export function SortHeader({ sortKey, label, meaning, isNumber, order, onOrder }: SortHeaderProps) {
  const isSorted = order.key === sortKey;
  const Icon = order.descending ? SortDownIcon : SortUpIcon;
  return (
    <th
      scope="col"
      className={isNumber ? table.number : undefined}
      aria-sort={isSorted ? (order.descending ? 'descending' : 'ascending') : undefined}
    >
      <button
        type="button"
        className={classes.sort}
        title={meaning}
        data-sorted={isSorted}
        data-number={isNumber}
        onClick={() => onOrder(nextOrder(order, sortKey))}
      >
        {label}
        {isSorted && <Icon size={14} />}
      </button>
    </th>
  );
}
