import { useEffect, useState } from 'preact/hooks';

/** A text that outlives a reload of the page, in this tab. */
export function useDraft(name: string): readonly [string, (text: string) => void] {
  const key = `reprise-draft/${name}`;
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? '');
  useEffect(() => setText(sessionStorage.getItem(key) ?? ''), [key]);
  const keep = (next: string) => {
    setText(next);
    if (next === '') sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, next);
  };
  return [text, keep];
}
