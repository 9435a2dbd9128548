import { effect, signal } from '@preact/signals';

/** The page's colours; `system` for those of the reader's system. */
export type Theme = 'system' | 'light' | 'dark';

const KEY = 'reprise-theme';
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
const isSystemDark = signal(systemIsDark.matches);

/** What the reader chose; kept in this browser. */
export const theme = signal<Theme>(readTheme());

/** Whether the page is dark now. */
export function isDark(): boolean {
  return theme.value === 'system' ? isSystemDark.value : theme.value === 'dark';
}

/** Has the page follow the reader's choice, and the system's where there is none. */
export function followTheme(): void {
  systemIsDark.addEventListener('change', ({ matches }) => {
    isSystemDark.value = matches;
  });
  effect(() => {
    document.documentElement.dataset['theme'] = isDark() ? 'dark' : 'light';
    localStorage.setItem(KEY, theme.value);
  });
}

function readTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}
