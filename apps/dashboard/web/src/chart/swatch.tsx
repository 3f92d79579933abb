import { useComputedColorScheme } from '@mantine/core';
import type { Series } from './series.ts';

/** A piece of a series' line, as it looks in the chart. */
export function Swatch({ series }: { readonly series: Series }) {
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  return (
    <svg width="20" height="10" aria-hidden style={{ flex: 'none' }}>
      <line
        x1="1"
        y1="5"
        x2="19"
        y2="5"
        stroke={series.color[scheme]}
        strokeWidth="3"
        strokeDasharray={series.dash.join(' ')}
        strokeLinecap={series.dash.length === 0 ? 'round' : 'butt'}
      />
    </svg>
  );
}
