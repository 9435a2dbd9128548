import { createHash } from 'node:crypto';

/**
 * What a vendor adds to a thought, so that it knows it again: opaque to clients, and refused if anybody changed it.
 * `prefixHash` is the hash of everything the thought followed. The same thought in the same place is sealed alike every time.
 */
export function sealThought(thought: string, prefixHash: string): string {
  return Buffer.from(`${prefixHash}.${checksum(thought, prefixHash)}.${thought}`).toString('base64');
}

/** The thought of a seal and what it followed; `undefined` for what was not sealed here, or was changed since. */
export function openSeal(seal: string): { readonly thought: string; readonly prefixHash: string } | undefined {
  const [, prefixHash = '', sum, thought = ''] =
    /^([0-9a-f]*)\.([0-9a-f]+)\.(.*)$/s.exec(Buffer.from(seal, 'base64').toString('utf8')) ?? [];
  return sum !== undefined && sum === checksum(thought, prefixHash) ? { thought, prefixHash } : undefined;
}

function checksum(thought: string, prefixHash: string): string {
  return createHash('sha256').update(`${prefixHash}\n${thought}`).digest('hex').slice(0, 16);
}
