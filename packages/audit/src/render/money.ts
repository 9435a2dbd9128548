/** US dollars from picoUsd, rounded half away from zero. What is not 0 never shows as 0: `<$0.0001`. */
export function formatPicoUsd(picoUsd: bigint, decimals: number): string {
  if (picoUsd === 0n) return '$0';
  const sign = picoUsd < 0n ? '-' : '';
  const unit = 10n ** BigInt(PICO_DIGITS - decimals);
  const rounded = (abs(picoUsd) + unit / 2n) / unit;
  if (rounded === 0n) return `${sign === '' ? '<' : '>-'}$${decimal(1n, decimals)}`;
  return `${sign}$${decimal(rounded, decimals)}`;
}

/** How many decimals show the largest of the amounts with digits to spare: 2 from $100 on, 4 from a cent on, more below. */
export function decimalsFor(amounts: readonly bigint[]): number {
  const reaches = (picoUsd: bigint) => amounts.some((amount) => abs(amount) >= picoUsd);
  if (reaches(100n * PICO_USD) || !reaches(1n)) return 2;
  return [4, 6, 8, 10].find((decimals) => reaches(10n ** BigInt(PICO_DIGITS + 2 - decimals))) ?? PICO_DIGITS;
}

/** With a comma between thousands, whatever the locale. */
export function formatInteger(value: bigint | number): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

const PICO_DIGITS = 12;
const PICO_USD = 10n ** BigInt(PICO_DIGITS);

function decimal(units: bigint, decimals: number): string {
  const scale = 10n ** BigInt(decimals);
  return `${formatInteger(units / scale)}.${(units % scale).toString().padStart(decimals, '0')}`;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
