import { type Theme, theme } from '../data/theme.ts';

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const NAMES: Readonly<Record<Theme, string>> = { system: 'Automatic', light: 'Light', dark: 'Dark' };

/** Goes through the reader's system's colours, light and dark. */
export function ThemeSwitch() {
  return (
    <button
      type="button"
      class="button at-end"
      onClick={() => {
        theme.value = NEXT[theme.value];
      }}
      aria-label={`Colours: ${NAMES[theme.value]}. Switch to ${NAMES[NEXT[theme.value]]}.`}
    >
      {NAMES[theme.value]}
    </button>
  );
}
