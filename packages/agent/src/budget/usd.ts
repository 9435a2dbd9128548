import { AgentError } from '../errors.ts';

const PICO_DIGITS = 12;

/** US dollars as money: `usd('0.50')` is 500 000 000 000 picoUsd. Decimal digits, no finer than 10⁻¹². Throws `agent/invalid-option`. */
export function usd(dollars: string): bigint {
  const [, whole = '', fraction = ''] = /^(\d+)(?:\.(\d{1,12}))?$/.exec(dollars) ?? [];
  if (whole === '') {
    throw new AgentError(
      'agent/invalid-option',
      `${JSON.stringify(dollars)} is no amount of US dollars; write it like '0.50', with at most ${PICO_DIGITS} decimals.`,
    );
  }
  return BigInt(whole) * 10n ** BigInt(PICO_DIGITS) + BigInt(fraction.padEnd(PICO_DIGITS, '0'));
}

/** Money for people, in US dollars: at least two decimals, and all that are needed. */
export function usdText(picoUsd: bigint): string {
  const digits = (picoUsd < 0n ? -picoUsd : picoUsd).toString().padStart(PICO_DIGITS + 1, '0');
  const fraction = digits.slice(-PICO_DIGITS).replace(/0+$/, '').padEnd(2, '0');
  return `${picoUsd < 0n ? '-' : ''}$${digits.slice(0, -PICO_DIGITS)}.${fraction}`;
}
