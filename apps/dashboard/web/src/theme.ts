import { createTheme, rem } from '@mantine/core';
import type { CSSVariablesResolver } from '@mantine/core';

/** Shades that keep text readable on them: 4.5:1 in both schemes. */
export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  luminanceThreshold: 0.18,
  fontFamily:
    "Inter, ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', SFMono-Regular, Menlo, Consolas, monospace",
  defaultRadius: 'md',
  colors: {
    // The library's greys for dark grounds, in the tint of ours.
    dark: [
      '#e7eaee',
      '#c4cbd4',
      '#a0aab7',
      '#7d8794',
      '#4b5562',
      '#343c47',
      '#20262e',
      '#171b21',
      '#0f1216',
      '#0a0c0f',
    ],
  },
  fontSizes: { xs: rem(12), sm: rem(13), md: rem(14), lg: rem(16), xl: rem(20) },
});

/** The page's own inks and grounds, under the names that the component library reads. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f5f6f8',
    '--mantine-color-text': '#171b21',
    '--mantine-color-dimmed': '#59626e',
    '--mantine-color-placeholder': '#6a7380',
    '--mantine-color-error': '#b3122b',
  },
  dark: {
    '--mantine-color-body': '#0f1216',
    '--mantine-color-text': '#e7eaee',
    '--mantine-color-dimmed': '#a0aab7',
    '--mantine-color-placeholder': '#8d97a4',
    '--mantine-color-error': '#ff9d9d',
  },
});
