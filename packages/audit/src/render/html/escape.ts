/**
 * Texts from elsewhere, on their way into a page.
 *
 * H1. A text is a text: no name in a log can become an element, an attribute or a script.
 * H2. What cannot be seen, or turns the direction of what is around it, shows as `�`.
 */

/** A text as the content of an element, or of an attribute in double quotes. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A value as JSON inside of a script element, which no text in it can end. */
export function escapeJson(value: unknown): string {
  const json = JSON.stringify(value, (_key, each: unknown) => (typeof each === 'string' ? visible(each) : each));
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Line breaks and tabs are kept. */
function visible(text: string): string {
  return text.toWellFormed().replace(/[^\P{Cc}\t\n]|[\p{Bidi_Control}\u2028\u2029]/gu, '\ufffd');
}
