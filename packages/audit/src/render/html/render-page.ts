import { createHash } from 'node:crypto';
import { readChartLibrary } from './chart-library.ts';
import { CLIENT } from './client.ts';
import { escapeHtml, escapeJson } from './escape.ts';
import type { Chart, PageTable, ReportPage } from './page.ts';
import { STYLE } from './style.ts';

/**
 * A report as one HTML file that needs nothing else: no network, no font, no other file. Its policy lets run the two scripts that are put
 * into it here and nothing else, whatever its texts hold.
 */
export function renderPage(page: ReportPage): string {
  const { script: library, licence } = readChartLibrary();
  const title = escapeHtml(page.title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy([library, CLIENT])}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="subtitle">${escapeHtml(page.subtitle)}</p>
</header>
<main>
<p class="verdict">${escapeHtml(page.verdict)}</p>
${list(page.notes)}
<dl class="figures">${page.figures.map(({ name, value }) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>
${page.charts.map(figure).join('\n')}
${page.tables.map(foldable).join('\n')}
</main>
<footer><p>Made by reprise-audit. Amounts are US dollars at list prices unless said otherwise; times are UTC.</p>
<details><summary>Licence of Chart.js, which draws the charts</summary><pre>${escapeHtml(licence)}</pre></details></footer>
<script type="application/json" id="report-charts">${escapeJson(page.charts)}</script>
<script>${library}</script>
<script>${CLIENT}</script>
</body>
</html>
`;
}

function contentPolicy(scripts: readonly string[]): string {
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  // Chart.js and the tips set single properties of elements, which needs no leave.
  const style = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
  return `default-src 'none'; script-src ${hashes.join(' ')}; style-src ${style}; base-uri 'none'; form-action 'none'`;
}

function list(notes: readonly string[]): string {
  if (notes.length === 0) return '';
  return `<ul class="notes">${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>`;
}

function figure({ id, caption, description, tableId }: Chart): string {
  const name = escapeHtml(id);
  return `<figure>
<figcaption>${escapeHtml(caption)} <a href="#${escapeHtml(tableId)}">as a table</a></figcaption>
<div class="canvas"><canvas id="${name}" role="img" aria-label="${escapeHtml(description)}">${escapeHtml(description)}</canvas><div class="tip" role="status" hidden></div></div>
</figure>`;
}

function foldable(table: PageTable): string {
  const content = `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(table.caption)}">${tableElement(table)}</div>`;
  if (!table.isFolded) return `<section id="${escapeHtml(table.id)}">${content}</section>`;
  return `<details id="${escapeHtml(table.id)}"><summary>${escapeHtml(table.caption)}</summary>${content}</details>`;
}

function tableElement({ caption, columns, rows, isFolded }: PageTable): string {
  const right = columns.map(({ align }) => (align === 'right' ? ' class="right"' : ''));
  const head = columns.map(({ name }, index) => `<th scope="col"${right[index]}>${escapeHtml(name)}</th>`).join('');
  const body = rows.map(
    (cells) => `<tr>${cells.map((cell, index) => `<td${right[index] ?? ''}>${escapeHtml(cell)}</td>`).join('')}</tr>`,
  );
  const heading = isFolded ? '' : `<caption>${escapeHtml(caption)}</caption>`;
  return `<table>${heading}<thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table>`;
}
