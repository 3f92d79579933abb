import { SegmentedControl, VisuallyHidden, useMantineColorScheme } from '@mantine/core';
import type { ReactNode } from 'react';
import { MoonIcon, SunIcon, SystemIcon } from '../ui/icons.tsx';

/** Light, dark, or as the viewer's system is. */
export function SchemeControl() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      aria-label="Colours"
      size="xs"
      withItemsBorders={false}
      value={colorScheme}
      onChange={(value) => setColorScheme(value)}
      data={[
        { value: 'auto', label: choice('As the system', <SystemIcon />) },
        { value: 'light', label: choice('Light', <SunIcon />) },
        { value: 'dark', label: choice('Dark', <MoonIcon />) },
      ]}
    />
  );
}

function choice(name: string, icon: ReactNode): ReactNode {
  return (
    <span title={name} style={{ display: 'grid', placeItems: 'center', height: 20 }}>
      {icon}
      <VisuallyHidden>{name}</VisuallyHidden>
    </span>
  );
}
