import colours from 'yoctocolors';
import type { LoggedRequest } from './request-log.ts';

const BAR_CELLS = 20;

/**
 * One request as a line for people: its status, who was asked, what of its prompt was read, written and fresh, and what kept more from
 * being read.
 */
export function requestLine(
  { index, status, family, model, verdict, unread }: LoggedRequest,
  workspace: string,
): string {
  const { read, fresh, written } = verdict;
  const writtenTokens = Object.values(written).reduce((sum, tokens) => sum + tokens, 0);
  const parts = [
    { name: 'read', tokens: read, glyph: '█', paint: colours.green },
    { name: 'written', tokens: writtenTokens, glyph: '▓', paint: colours.yellow },
    { name: 'fresh', tokens: fresh, glyph: '░', paint: colours.gray },
  ];
  const bar = parts.map(({ tokens, glyph, paint }) =>
    paint(glyph.repeat(cellsOf(tokens, read + writtenTokens + fresh))),
  );
  const numbers = parts.map(({ name, tokens, paint }) => paint(`${name} ${tokens.toLocaleString('en-US')}`));
  // That nobody has kept what is new is no news.
  const why = unread.find((reason) => reason.why !== 'cold')?.why;
  const missed = why === undefined ? '' : `  ${colours.red(why)}`;
  const place = workspace === '' ? '' : ` in ${workspace}`;
  const paintStatus = status < 400 ? colours.bold : colours.red;
  return `${String(index).padStart(4)}  ${paintStatus(String(status))}  ${family}/${model}${place}  ${bar.join('')}  ${numbers.join(' · ')}${missed}`;
}

function cellsOf(tokens: number, total: number): number {
  if (tokens === 0) return 0;
  return Math.max(1, Math.round((tokens / total) * BAR_CELLS));
}
