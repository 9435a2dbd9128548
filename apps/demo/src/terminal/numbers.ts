import type { Count } from '@reprise/providers';

/** With a comma between thousands. */
export function formatCount(count: Count): string {
  return count === 'not-reported' ? 'not reported' : count.toLocaleString('en-US');
}

export function formatBytes(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`;
}

/** `1 line`, `2 lines`. */
export function countOf(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`;
}
