/** A word worth looking for. */
export interface Keyword {
  /** As it was asked. */
  readonly word: string;
  /** What to look for: the word without its ending, so that other forms of it are found as well. */
  readonly stem: string;
}

const STOP_WORDS = new Set(
  (
    'a about after all also an and any anything are as at be been before between both but by can could did do does done each explain find ' +
    'folder for from get give has have here how i if in into is it its kept know let like list look made make me might more most much must my ' +
    'of on one only or other our out over please project repository should show so some something tell than that the their them then there ' +
    'these they this those through to under up us use used want was we were what when where which who whom why will with would you your'
  ).split(' '),
);

const ENDINGS = /(?<=\p{L}{4})(?:ations?|ing|ed|(?<!s)s)$/u;

/** The words of a question that say what it is about, the longest first, since those are the rarest. */
export function keywordsOf(question: string): readonly Keyword[] {
  const words = question.toLowerCase().match(/[\p{L}\p{N}_][\p{L}\p{N}_.-]*[\p{L}\p{N}_]/gu) ?? [];
  const keywords = words
    .filter((word) => !STOP_WORDS.has(word))
    .map((word) => ({ word, stem: word.replace(ENDINGS, '') }));
  return keywords
    .filter(({ stem }, index) => keywords.findIndex((other) => other.stem === stem) === index)
    .sort((a, b) => b.stem.length - a.stem.length);
}

/** `one`, `one and two`, `one, two and three`. */
export function enumerate(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
