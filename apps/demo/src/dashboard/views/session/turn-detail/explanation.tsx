import type { ExplanationBody } from '@reprise/service/client';
import { moneyText, tokenText } from '../../../data/format.ts';

type Break = ExplanationBody['breaks'][number];

/** What broke the cache before this turn, with the block that differs. */
export function Explanation({ brokenBy }: { readonly brokenBy: Break }) {
  const { expectedTokens, readTokens, missedTokens, lostPicoUsd, isEstimated, causes } = brokenBy;
  return (
    <div class="explanation">
      <h3>The cache was broken</h3>
      <p>
        {isEstimated ? 'About ' : ''}
        {tokenText(expectedTokens)} tokens could have been read and {tokenText(readTokens)} were:{' '}
        {tokenText(missedTokens)} missed, which cost {moneyText(lostPicoUsd)} more.
      </p>
      <ol>
        {causes.map((cause) => (
          <li key={JSON.stringify(cause)}>
            <Cause cause={cause} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function Cause({ cause }: { readonly cause: Break['causes'][number] }) {
  if (cause.why !== 'difference') {
    const { why, ...facts } = cause;
    const told = Object.entries(facts).filter(([, value]) => value !== undefined && value !== null);
    return (
      <>
        <strong>{WORDS[why] ?? why}</strong>
        {told.length > 0 && <pre>{told.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join('\n')}</pre>}
      </>
    );
  }
  const { kind, path, byteOffset, before, after, owner } = cause;
  return (
    <>
      <strong>
        {KINDS[kind] ?? kind} at <code>{path ?? 'a block whose place is not known'}</code>
      </strong>
      {typeof byteOffset === 'number' && <>, byte {byteOffset}</>}
      {owner && (
        <>
          , by the {owner.kind}
          {owner.name ? ` ${owner.name}` : ''}
        </>
      )}
      <Snippets before={before} after={after} />
    </>
  );
}

/** Both texts, with what is not the same marked. */
function Snippets({
  before,
  after,
}: {
  readonly before: string | null | undefined;
  readonly after: string | null | undefined;
}) {
  const [was, is] = [before ?? '', after ?? ''];
  let same = 0;
  while (same < was.length && same < is.length && was[same] === is[same]) same += 1;
  return (
    <dl class="snippets">
      <dt>before</dt>
      <dd>{before ? <Snippet text={was} same={same} /> : <span class="quiet">nothing</span>}</dd>
      <dt>now</dt>
      <dd>{after ? <Snippet text={is} same={same} /> : <span class="quiet">nothing</span>}</dd>
    </dl>
  );
}

function Snippet({ text, same }: { readonly text: string; readonly same: number }) {
  return (
    <code>
      {text.slice(0, same)}
      <mark>{text.slice(same)}</mark>
    </code>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  reorder: 'The same blocks in another order',
  insert: 'Something was put in',
  remove: 'Something is gone',
  edit: 'Another content',
  'shape-change': 'The same content, written otherwise,',
};

const WORDS: Readonly<Record<string, string>> = {
  'mark-change': 'The cache marks stood elsewhere.',
  'no-mark': 'There was no cache mark.',
  'model-changed': 'Another model was asked.',
  'parameter-changed': 'A setting that the cache goes by was changed.',
  expired: 'What was kept had expired.',
  replaced: 'Another request took the only place there is.',
  'below-minimum': 'The prefix was shorter than the vendor keeps.',
  'beyond-lookback': 'What was kept ends further back than a mark looks.',
  'not-considered': 'More marks than the vendor looks at.',
  'not-yet-visible': 'Another request was still writing it.',
  'provider-side': 'The same bytes, alive and asked for: the vendor did not read them.',
  unknown: 'What is known does not tell.',
};
