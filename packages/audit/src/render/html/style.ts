/** The style of a report: legible on light, on dark and on paper, without any font or image from elsewhere. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --ink: #1b1f24; --soft: #57606a; --rule: #d0d7de; --panel: #f6f8fa;
  --read: #0969a8; --written: #b35c00; --fresh: #6e7781; --paid: #0969a8; --baseline: #57606a; --break: #b42318;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --ink: #e6edf3; --soft: #9ea7b3; --rule: #30363d; --panel: #161b22;
    --read: #58a6ff; --written: #e3a04f; --fresh: #9aa4af; --paid: #58a6ff; --baseline: #9ea7b3; --break: #ff8a7a;
  }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #ffffff; --ink: #000000; --soft: #3d444d; --rule: #b1bac4; --panel: #ffffff;
    --read: #0969a8; --written: #b35c00; --fresh: #6e7781; --paid: #0969a8; --baseline: #57606a; --break: #b42318;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
.subtitle { color: var(--soft); margin: 0.25rem 0 0; overflow-wrap: anywhere; }
.verdict { font-size: 1.2rem; margin: 1.25rem 0 0.5rem; max-width: 60rem; }
.notes { color: var(--soft); margin: 0; padding-left: 1.1rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.75rem; margin: 1.5rem 0; }
.figures div { background: var(--panel); border: 1px solid var(--rule); border-radius: 0.5rem; padding: 0.6rem 0.8rem; }
.figures dt { color: var(--soft); font-size: 0.85rem; }
.figures dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
figure { margin: 2rem 0; break-inside: avoid; }
figcaption { font-weight: 600; margin-bottom: 0.5rem; }
figcaption a { font-weight: 400; color: var(--soft); margin-left: 0.5rem; }
.canvas { position: relative; height: 20rem; width: 100%; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 0 0 1rem; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption, summary { text-align: left; font-weight: 600; padding: 0.5rem 0; }
summary { cursor: pointer; margin-top: 1rem; }
th, td { border-bottom: 1px solid var(--rule); padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
.right { text-align: right; white-space: nowrap; }
.tip {
  position: absolute; z-index: 1; pointer-events: none; max-width: 24rem; padding: 0.5rem 0.7rem; border-radius: 0.4rem;
  background: var(--ground); color: var(--ink); border: 1px solid var(--soft); font-size: 0.85rem; overflow-wrap: anywhere;
}
.tip[hidden] { display: none; }
.tip p { margin: 0; }
.tip p:first-child { font-weight: 600; }
footer { color: var(--soft); font-size: 0.85rem; margin-top: 3rem; }
footer pre { white-space: pre-wrap; }
@media print {
  body { max-width: none; padding: 0; font-size: 0.8rem; }
  .canvas { height: 15rem; }
  .scroll { overflow: visible; }
  figcaption a, .tip { display: none; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
}
`;
