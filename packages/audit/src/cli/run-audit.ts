import { existsSync, statSync } from 'node:fs';
import { CommanderError } from 'commander';
import { findLogs } from '../import/find-logs.ts';
import { csvRenderer } from '../render/csv.ts';
import { htmlRenderer } from '../render/html/html-renderer.ts';
import { jsonRenderer } from '../render/json.ts';
import { tableRenderer } from '../render/table-report.ts';
import { countOf } from '../render/verdict.ts';
import type { ReportRenderer, ReportScope } from '../report/audit-report.ts';
import { makeReport } from '../report/make-report.ts';
import { type Place, shownLocation } from '../report/visit-sessions.ts';
import type { AuditRequest } from './audit-request.ts';
import { importNotes } from './import-notes.ts';
import { requireFreeFile, type Write, writeWhole } from './output.ts';
import { printable, type Terminal } from './terminal.ts';
import { verifyPlaces } from './verify-places.ts';

/** Does what was asked; resolves to whether every check passed. Throws commander's error for what cannot be done. */
export async function runAudit(request: AuditRequest, terminal: Terminal): Promise<boolean> {
  requireSense(request, terminal);
  const places = await findPlaces(request.paths, terminal);
  const { out } = request;
  const run = (write: Write) =>
    request.verifies
      ? verifyPlaces(places, request, { terminal, write })
      : report(places, request, { terminal, write });
  if (!out) return run((piece) => terminal.write(piece));
  requireFreeFile({ ...out, inputs: places.map(({ path }) => path) });
  let isSound = true;
  await writeWhole(out.path, async (write) => {
    isSound = await run(write);
  });
  return isSound;
}

function requireSense({ format, out, explains, scenarios, advises, verifies }: AuditRequest, terminal: Terminal): void {
  const asksMore = explains || advises || scenarios.length > 0;
  if (format === 'csv' && asksMore) {
    throw refused('--format csv holds turns or groups alone; --explain, --what-if and --advise need another format.');
  }
  if (verifies && asksMore) throw refused('--verify stands alone: ask --explain, --what-if and --advise on their own.');
  if (verifies && format === 'html') throw refused('--verify gives a table, JSON or CSV.');
  if (format === 'html' && !out && terminal.isWatched) throw refused('Say which file is to have the page: --out FILE.');
}

/** What is at the paths. Throws where there is nothing, or nothing that can be audited. */
async function findPlaces(paths: readonly string[], terminal: Terminal): Promise<readonly Place[]> {
  const urls = paths.filter(isUrl);
  const files = paths.filter((path) => !isUrl(path));
  const absent = files.find((path) => !existsSync(path));
  if (absent !== undefined) throw refused(`There is no file or folder ${absent || "''"}.`);
  terminal.progress('looking for stores and logs');
  const { logs, unreadable, otherFiles } = await findLogs(paths.length === 0 ? undefined : files);
  terminal.progress('');
  for (const { path, reason } of unreadable)
    terminal.complain(`note: ${printable(path)} was passed over: ${printable(reason)}`);
  const places = [...urls.map((path) => ({ path, kind: 'store' as const })), ...logs];
  if (places.length > 0) return places;
  throw refused(nothingFound(files, otherFiles));
}

function nothingFound(paths: readonly string[], otherFiles: number): string {
  const [path] = paths;
  if (path === undefined) {
    return 'No store and no log was found where Claude Code keeps its transcripts; name a file or a folder.';
  }
  const file = paths.length === 1 ? statSync(path, { throwIfNoEntry: false }) : undefined;
  if (file?.isFile()) {
    return `${path} ${file.size === 0 ? 'is empty' : 'is neither a store of this library nor a log that can be read'}.`;
  }
  const others =
    otherFiles > 0 ? ` (${countOf(otherFiles, 'other file')} ${otherFiles === 1 ? 'is' : 'are'} there)` : '';
  return `No store and no log was found in ${paths.join(', ')}${others}.`;
}

function isUrl(path: string): boolean {
  return /^postgres(ql)?:\/\//.test(path);
}

function refused(message: string): CommanderError {
  return new CommanderError(2, 'reprise.refused', message);
}

interface Ends {
  readonly terminal: Terminal;
  readonly write: Write;
}

async function report(places: readonly Place[], request: AuditRequest, { terminal, write }: Ends): Promise<boolean> {
  const { now: madeAt, since, until, by, sessionIds, explains, scenarios, advises, allowPartial, schema } = request;
  const scope = {
    madeAt,
    since,
    until,
    by,
    sessionIds,
    sources: places.map(({ path, kind }) => ({ path: shownLocation(path), kind })),
  };
  const onProgress = (text: string) => terminal.progress(printable(text));
  const options = { allowPartial, onProgress, ...(schema === undefined ? {} : { schema }) };
  const onNote = (note: string) => terminal.complain(`note: ${printable(note)}`);
  const renderer = rendererOf(request, scope, terminal);
  const made = await makeReport(places, { scope, explains, scenarios, advises, options }, { renderer, write, onNote });
  terminal.progress('');
  for (const note of made.imports.flatMap(importNotes)) onNote(note);
  for (const { sessionId, source, problem } of made.leftOut)
    terminal.complain(
      `error: session '${printable(sessionId)}' of ${printable(source)} is left out. ${printable(problem)}`,
    );
  return made.leftOut.length === 0;
}

function rendererOf({ format, out }: AuditRequest, scope: ReportScope, { width, hasColour }: Terminal): ReportRenderer {
  switch (format) {
    case 'table':
      return tableRenderer(
        scope,
        out ? { width: UNBOUNDED_WIDTH } : { width: width ?? UNBOUNDED_WIDTH, colour: hasColour },
      );
    case 'json':
      return jsonRenderer(scope);
    case 'csv':
      return csvRenderer(scope);
    case 'html':
      return htmlRenderer(scope);
  }
}

/** In characters: where there is no terminal, every column has room and sentences still break. */
const UNBOUNDED_WIDTH = 160;
