import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';

/**
 * Wire events as Amazon's event stream, the way InvokeModelWithResponseStream frames them: a length, headers, a payload, and a checksum
 * after the lengths and after it all. Source: Smithy's specification of `application/vnd.amazon.eventstream`.
 */
export function awsEventStream(events: readonly object[]): Buffer {
  return Buffer.concat(events.map(chunkFrame));
}

/** An exception that ends a stream. `type` is in AWS' spelling, such as `throttlingException`. */
export function awsException(type: string, message: string): Buffer {
  const headers = { ':message-type': 'exception', ':exception-type': type, ':content-type': 'application/json' };
  return frame(headers, { message });
}

function chunkFrame(event: object): Buffer {
  const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
  const headers = { ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' };
  // `p` is padding of random length, which hides the length of the words.
  return frame(headers, { bytes, p: 'abcdefghijk'.slice(0, bytes.length % 11) });
}

function frame(headers: Readonly<Record<string, string>>, payload: object): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const body = Buffer.from(JSON.stringify(payload));
  const lengths = Buffer.concat([uint32(12 + head.length + body.length + 4), uint32(head.length)]);
  const content = Buffer.concat([lengths, uint32(crc32(lengths)), head, body]);
  return Buffer.concat([content, uint32(crc32(content))]);
}

const STRING_HEADER = 7;

function header(name: string, value: string): Buffer {
  const text = Buffer.from(value);
  return Buffer.concat([
    Buffer.from([Buffer.byteLength(name)]),
    Buffer.from(name),
    Buffer.from([STRING_HEADER, text.length >> 8, text.length & 0xff]),
    text,
  ]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
