/** The part of an element that is looked at. */
interface Placed {
  readonly offsetLeft: number;
  readonly offsetTop: number;
}

/** The cell that an arrow key, Home or End leads to from another one; undefined where there is none. */
export function neighbour<Cell extends Placed>(
  cells: readonly Cell[],
  from: unknown,
  key: string,
): Cell | undefined {
  const index = cells.findIndex((cell) => cell === from);
  const cell = cells[index];
  if (!cell) return undefined;
  switch (key) {
    case 'ArrowRight':
      return cells[index + 1];
    case 'ArrowLeft':
      return cells[index - 1];
    case 'Home':
      return cells[0];
    case 'End':
      return cells.at(-1);
    case 'ArrowDown':
      return nearest(cell, cells.slice(index + 1));
    case 'ArrowUp':
      return nearest(cell, cells.slice(0, index).toReversed());
    default:
      return undefined;
  }
}

/** In the next line of cells that there is, the one that stands nearest in the same column. */
function nearest<Cell extends Placed>(from: Cell, cells: readonly Cell[]): Cell | undefined {
  const line = cells.find(({ offsetTop }) => offsetTop !== from.offsetTop)?.offsetTop;
  const distance = ({ offsetLeft }: Cell): number => Math.abs(offsetLeft - from.offsetLeft);
  return cells
    .filter(({ offsetTop }) => offsetTop === line)
    .toSorted((a, b) => distance(a) - distance(b))[0];
}
