import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { textOf } from './texts.ts';

const FILE_BYTES = 5 << 20;
const FIRST_AT = Date.UTC(2026, 10, 1);

/** Writes Claude Code transcripts of about so many bytes, with a result of some 5 KB for each response of three lines; returns their bytes. */
export function writeTranscripts(folder: string, bytes: number): number {
  let written = 0;
  for (let file = 0; written < bytes; file += 1) {
    const project = join(folder, `project-${file % 4}`);
    mkdirSync(project, { recursive: true });
    const text = transcript(`session-${file}`);
    writeFileSync(join(project, `session-${file}.jsonl`), text);
    written += Buffer.byteLength(text);
  }
  return written;
}

function transcript(sessionId: string): string {
  const lines: string[] = [];
  let size = 0;
  for (let response = 0; size < FILE_BYTES; response += 1) {
    const added = responseLines(sessionId, response);
    lines.push(...added);
    size += added.reduce((sum, line) => sum + line.length + 1, 0);
  }
  return `${lines.join('\n')}\n`;
}

function responseLines(sessionId: string, response: number): readonly string[] {
  const result = `     1\t"${textOf(response, 2400).replaceAll(' a ', '"\n     2\t"')}"`;
  const content = [
    { type: 'thinking', thinking: textOf(response, 400), signature: textOf(response + 1, 300) },
    { type: 'text', text: textOf(response + 2, 300) },
    { type: 'tool_use', id: `toolu_${response}`, name: 'Read', input: { file_path: `src/file-${response}.ts` } },
  ];
  return [
    ...content.map((block, index) =>
      line(sessionId, response * 4 + index, answer(sessionId, response, block, index === 2)),
    ),
    line(sessionId, response * 4 + 3, {
      type: 'user',
      message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: `toolu_${response}`, content: result }] },
      toolUseResult: { type: 'text', file: { filePath: `src/file-${response}.ts`, content: result } },
    }),
  ];
}

function answer(sessionId: string, response: number, block: unknown, isLast: boolean) {
  const usage = {
    input_tokens: 3,
    cache_creation_input_tokens: 400,
    cache_read_input_tokens: 20_000 + response,
    cache_creation: { ephemeral_5m_input_tokens: 400, ephemeral_1h_input_tokens: 0 },
    output_tokens: isLast ? 200 : 1,
    service_tier: 'standard',
  };
  const id = `msg_${sessionId}_${response}`;
  const message = {
    model: 'claude-opus-5',
    id,
    type: 'message',
    role: 'assistant',
    content: [block],
    stop_reason: null,
    usage,
  };
  return { type: 'assistant', message, requestId: `req_${sessionId}_${response}` };
}

function line(sessionId: string, number: number, fields: object): string {
  const timestamp = new Date(FIRST_AT + number * 1000).toISOString();
  const uuid = `${sessionId}-${number}`;
  return JSON.stringify({
    parentUuid: `${sessionId}-${number - 1}`,
    isSidechain: false,
    sessionId,
    ...fields,
    uuid,
    timestamp,
  });
}
