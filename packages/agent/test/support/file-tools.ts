import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tool } from '@reprise/agent';
import { onTestFinished } from 'vitest';
import { z } from 'zod';

/** A folder that is gone when the test ends. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-agent-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Every file in the folder with its text. */
export function textsIn(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(
    names
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

const pathAndText = z.object({ path: z.string(), text: z.string() });

/** Tools that change files of a folder and declare which; `touched` is told of each that ran. */
export function fileTools(root: string, touched: (path: string) => void = () => {}) {
  return [
    tool({
      name: 'write',
      description: 'Writes a file.',
      input: pathAndText,
      touches: ({ path }) => [path],
      run({ path, text }) {
        touched(path);
        writeFileSync(join(root, path), text);
        return `wrote ${path}`;
      },
    }),
    tool({
      name: 'delete',
      description: 'Deletes a file.',
      input: z.object({ path: z.string() }),
      touches: ({ path }) => [path],
      run({ path }) {
        touched(path);
        rmSync(join(root, path));
        return `deleted ${path}`;
      },
    }),
    tool({
      name: 'send_mail',
      description: 'Sends a mail.',
      input: z.object({}),
      run: () => 'sent',
    }),
  ];
}

/** The arguments of a call of the tool `write`. */
export function writeCall(id: string, path: string, text: string): readonly [string, string, string] {
  return [id, 'write', JSON.stringify({ path, text })];
}
