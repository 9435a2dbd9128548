import type { ChatVendor } from './vendor.ts';
import { VENDORS } from './vendor-list.ts';

export type { ChatVendor } from './vendor.ts';

/** The vendor where nothing is known: the format as documented. */
const UNKNOWN_VENDOR: ChatVendor = {
  name: 'unknown',
  hosts: [],
  asOf: '2026-11',
  source: 'openai 7.55 resources/chat/completions',
};

/** The vendor of that name; one nobody described follows the format. */
export function vendorNamed(name: string): ChatVendor {
  return VENDORS.find((vendor) => vendor.name === name) ?? { ...UNKNOWN_VENDOR, name };
}

/** The vendor that answers at a base URL. */
export function vendorOf(baseURL: string | null | undefined): ChatVendor {
  const url = URL.parse(baseURL ?? '');
  if (!url) return UNKNOWN_VENDOR;
  return VENDORS.find(({ hosts }) => hosts.some((address) => servesFrom(address, url))) ?? UNKNOWN_VENDOR;
}

function servesFrom(address: string, { host, hostname, pathname }: URL): boolean {
  if (address.includes('/')) return `${host}${pathname}/`.startsWith(`${address}/`);
  return address.includes(':') ? host === address : hostname === address || hostname.endsWith(`.${address}`);
}

/** The vendor that a usage object betrays by its own fields. */
export function vendorOfUsage(usage: Readonly<Record<string, unknown>>): ChatVendor {
  return VENDORS.find(({ usageField }) => usageField !== undefined && usageField in usage) ?? UNKNOWN_VENDOR;
}
