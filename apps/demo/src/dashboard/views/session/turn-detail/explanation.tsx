import { moneyText, tokenText } from '../../../data/format.ts';
import type { CacheBreak } from '../timeline/turn-bars.ts';
import {
  type Cause,
  causeText,
  type Difference,
  differenceText,
  type Marked,
  markChange,
  ownerText,
} from './cause-text.ts';

/** What broke the cache before this turn, with the block that differs. */
export function Explanation({ brokenBy }: { readonly brokenBy: CacheBreak }) {
  const { expectedTokens, readTokens, missedTokens, lostPicoUsd, isEstimated, causes } = brokenBy;
  const about = isEstimated ? 'About ' : '';
  return (
    <div class="explanation">
      <h3>The cache broke here</h3>
      <p>
        {about}
        {tokenText(expectedTokens)} tokens could have been read, {tokenText(readTokens)} were. The{' '}
        {tokenText(missedTokens)} missed cost{' '}
        {lostPicoUsd === null ? 'more; how much is not known' : `${moneyText(lostPicoUsd)} more`}.
      </p>
      <ol>
        {causes.map((cause) => (
          <li key={JSON.stringify(cause)}>
            {cause.why === 'difference' ? <DifferenceView difference={cause} /> : <Why cause={cause} />}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Why({ cause }: { readonly cause: Exclude<Cause, Difference> }) {
  return <strong>{causeText(cause)}</strong>;
}

function DifferenceView({ difference }: { readonly difference: Difference }) {
  const { path, blockIndex, byteOffset, before, after } = difference;
  const owner = ownerText(difference);
  const [was, is] = markChange(before ?? '', after ?? '');
  return (
    <>
      <strong>
        {differenceText(difference)}: <code>{path ?? `block ${blockIndex + 1}`}</code>
      </strong>
      {owner && `, ${owner}`}
      {typeof byteOffset === 'number' && `, from byte ${tokenText(byteOffset)} on`}
      <dl class="snippets">
        <dt>before</dt>
        <dd>
          <Snippet text={before} marked={was} />
        </dd>
        <dt>now</dt>
        <dd>
          <Snippet text={after} marked={is} />
        </dd>
      </dl>
    </>
  );
}

function Snippet({ text, marked }: { readonly text: string | null | undefined; readonly marked: Marked }) {
  if (!text) return <span class="quiet">nothing</span>;
  return (
    <code>
      {marked.same}
      <mark>{marked.changed}</mark>
      {marked.rest}
    </code>
  );
}
