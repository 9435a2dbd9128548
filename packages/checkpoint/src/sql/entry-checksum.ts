import { crc32 } from 'node:zlib';

/** CRC-32 over what the id of an entry does not cover. */
export function entryChecksum(entry: {
  readonly id: string;
  readonly createdAt: number;
  readonly blobCount: number;
}): number {
  return crc32(`${entry.id} ${entry.createdAt} ${entry.blobCount}`);
}
