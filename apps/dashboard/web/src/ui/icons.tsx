import type { ReactNode } from 'react';

interface IconProps {
  readonly size?: number;
}

/** Icons are drawn in the ink of the text beside them, which says the same in words. */
function icon(paths: ReactNode) {
  return function Icon({ size = 16 }: IconProps) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden
        style={{ flex: 'none' }}
      >
        {paths}
      </svg>
    );
  };
}

export const CheckIcon = icon(<path d="M5 12.5 10 17.5 19 7" />);
export const CrossIcon = icon(<path d="M6 6 18 18M18 6 6 18" />);
export const WarningIcon = icon(
  <path d="M12 9v4.5M12 17.2v.1M10.3 4.3 2.7 17.4A2 2 0 0 0 4.4 20.4h15.2a2 2 0 0 0 1.7-3L13.7 4.3a2 2 0 0 0-3.4 0Z" />,
);
export const SunIcon = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1" />
  </>,
);
export const MoonIcon = icon(<path d="M20 14.2A8 8 0 0 1 9.8 4a8 8 0 1 0 10.2 10.2Z" />);
export const SystemIcon = icon(
  <>
    <rect x="3" y="5" width="18" height="12" rx="2" />
    <path d="M9 20.5h6" />
  </>,
);
export const CopyIcon = icon(
  <>
    <rect x="9" y="9" width="11" height="11" rx="2" />
    <path d="M5.5 15A1.5 1.5 0 0 1 4 13.5V6a2 2 0 0 1 2-2h7.5A1.5 1.5 0 0 1 15 5.5" />
  </>,
);
export const SortUpIcon = icon(<path d="M7 14.5 12 9.5 17 14.5" />);
export const SortDownIcon = icon(<path d="M7 9.5 12 14.5 17 9.5" />);
export const SearchIcon = icon(
  <>
    <circle cx="11" cy="11" r="6.5" />
    <path d="M16 16 20.5 20.5" />
  </>,
);
