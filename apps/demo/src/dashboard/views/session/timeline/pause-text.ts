const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** A pause in its two largest units, such as “3 h 12 min”. */
export function pauseText(ms: number): string {
  const at = UNITS.findIndex(([, length]) => ms >= length);
  if (at === -1) return '0 s';
  let rest = ms;
  const parts = UNITS.slice(at, at + 2).map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count > 0 ? `${count} ${unit}` : '';
  });
  return parts.filter((part) => part !== '').join(' ');
}
