import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { useMemo } from 'preact/hooks';

const options = { extensions: [gfm()], htmlExtensions: [gfmHtml()] };

/** What a model wrote. Raw HTML in it stays text, and its links can be nothing but links: micromark sees to both. */
export function Markdown({ text }: { readonly text: string }) {
  const html = useMemo(() => micromark(text, options), [text]);
  return <div class="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
