import type { TurnRow } from '@reprise/checkpoint';
import { asObject, type Model, type PlannedMark, parseExactJson, promptTokenCount } from '@reprise/providers';
import { bucketsOf, mostPicoUsd } from '../context/estimate-request.ts';
import { outputCap } from '../context/output-cap.ts';
import { askedModel, readTokenColumns } from '../session/ledger-row.ts';

/** What turns have cost that were made before. */
export interface SpentBefore {
  readonly picoUsd: bigint;
  /** The first turn of which neither a price nor a bound is known; it counts 0 above. */
  readonly unpriced: TurnRow | undefined;
}

/**
 * What the rows of a session come to. A row whose counts did not all arrive counts as the most its response may have cost; a prompt that
 * nobody counted is taken to be no longer than `longestPrompt`, or than the longest that was counted.
 */
export function spentBefore(rows: readonly TurnRow[], longestPrompt: number): SpentBefore {
  const longest = Math.max(longestPrompt, ...rows.map((row) => promptTokensOf(row) ?? 0));
  let picoUsd = 0n;
  let unpriced: TurnRow | undefined;
  for (const row of rows) {
    const isKnown = row.usageState === 'final' && row.costPicoUsd !== null;
    const cost = isKnown ? row.costPicoUsd : mostOf(row, longest);
    if (cost === null || cost === undefined) unpriced ??= row;
    else picoUsd += cost;
  }
  return { picoUsd, unpriced };
}

function promptTokensOf({ tokens }: TurnRow): number | undefined {
  const count = promptTokenCount(readTokenColumns(tokens));
  return count === 'not-reported' ? undefined : count;
}

function mostOf(row: TurnRow, longest: number): bigint | undefined {
  const asked = askedModel(row);
  if (!asked) return undefined;
  const marks: readonly Pick<PlannedMark, 'lifetime'>[] = JSON.parse(row.marks);
  const prompt = promptTokensOf(row) ?? longest;
  const priced = { family: asked.family, model: asked.id, at: row.startedAt };
  return mostPicoUsd(prompt, longestAnswer(row, asked), bucketsOf(asked.family, marks), priced)?.total;
}

function longestAnswer({ requestOptions }: TurnRow, asked: Pick<Model, 'family' | 'id'>): number {
  const { maxTokens, think } = asObject(parseExactJson(requestOptions)) ?? {};
  return outputCap(asked, {
    ...(typeof maxTokens === 'number' ? { maxTokens } : {}),
    ...(think === 'low' || think === 'medium' || think === 'high' || think === 'max' ? { think } : {}),
  }).atMost;
}
