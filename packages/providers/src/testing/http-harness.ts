import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Model } from '../model.ts';
import type { HarnessedModel, ModelHarness, ScriptedAnswer, ScriptedFailure, ScriptedResponse } from './harness.ts';

/** One vendor's wire, as far as a server that plays it needs to know it. */
export interface HttpVendor extends Pick<ModelHarness, 'lacks'> {
  /** The content type of a streamed response. */
  readonly contentType: string;
  /** A model that sends its requests to this server, such as `http://127.0.0.1:1234`. Retries must be left to the call. */
  createModel(url: string): Model;
  encodeResponse(response: ScriptedResponse): ResponseFrames;
  /** The body of a failure, as JSON text. */
  encodeFailure(failure: ScriptedFailure): string;
}

/** A response's bytes, frame by frame. */
export interface ResponseFrames {
  /** Up to the last piece of the last block. */
  readonly content: readonly string[];
  /** The end of that block, and what says that the response is whole. */
  readonly ending: readonly string[];
}

/** A harness that plays a vendor on 127.0.0.1. */
export function createHttpHarness(vendor: HttpVendor): ModelHarness {
  return {
    ...(vendor.lacks === undefined ? {} : { lacks: vendor.lacks }),
    open: (answers) => openVendor(vendor, answers),
  };
}

async function openVendor(vendor: HttpVendor, answers: readonly ScriptedAnswer[]): Promise<HarnessedModel> {
  const requests: string[] = [];
  let openResponses = 0;
  const server = createServer((incoming, response) => {
    openResponses += 1;
    response.once('close', () => {
      openResponses -= 1;
    });
    readBody(incoming, (body) => {
      requests.push(body);
      const answer = answers[Math.min(requests.length, answers.length) - 1];
      sendAnswer(vendor, answer ?? 'silence', response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    model: vendor.createModel(urlOf(server)),
    requests: () => requests,
    openResponses: () => openResponses,
    close: () => closeServer(server),
  };
}

function readBody(incoming: IncomingMessage, onBody: (body: string) => void): void {
  const pieces: Buffer[] = [];
  incoming.on('data', (piece: Buffer) => pieces.push(piece));
  incoming.on('end', () => onBody(Buffer.concat(pieces).toString()));
}

function sendAnswer(vendor: HttpVendor, answer: ScriptedAnswer, response: ServerResponse): void {
  if (answer === 'silence') return;
  if ('status' in answer) {
    const wait = answer.retryAfterSeconds;
    const headers = wait === undefined ? {} : { 'retry-after': String(wait) };
    response.writeHead(answer.status, { 'content-type': 'application/json', ...headers });
    response.end(vendor.encodeFailure(answer));
    return;
  }
  response.writeHead(200, { 'content-type': vendor.contentType });
  response.flushHeaders();
  sendResponse(vendor.encodeResponse(answer), answer.ending ?? 'whole', response);
}

function sendResponse(
  { content, ending }: ResponseFrames,
  how: NonNullable<ScriptedResponse['ending']>,
  response: ServerResponse,
): void {
  for (const frame of content) response.write(frame);
  switch (how) {
    case 'whole':
      for (const frame of ending) response.write(frame);
      response.end();
      return;
    case 'cut':
      response.end();
      return;
    case 'broken':
      // What was written has to arrive before the socket dies.
      setTimeout(() => response.destroy(), BREAK_DELAY_MS);
      return;
    case 'silent':
  }
}

const BREAK_DELAY_MS = 10;

function urlOf(server: Server): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no address.');
  return `http://127.0.0.1:${address.port}`;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
