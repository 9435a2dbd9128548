/** The lines of a response that are JSON each, as many at a time as a piece of the network holds. Throws a `SyntaxError` for any other line. */
export async function* readNdjson(response: Response): AsyncGenerator<Iterable<unknown>, void, undefined> {
  if (!response.body) return;
  const unfinished: string[] = [];
  const decoder = new TextDecoder();
  for await (const bytes of response.body) {
    const text = decoder.decode(bytes, { stream: true });
    const end = text.lastIndexOf('\n');
    if (end === -1) {
      unfinished.push(text);
      continue;
    }
    const lines = `${unfinished.splice(0).join('')}${text.slice(0, end)}`;
    unfinished.push(text.slice(end + 1));
    yield parseEach(lines);
  }
  yield parseEach(`${unfinished.join('')}${decoder.decode()}`);
}

/** One after the other, so that what comes before a malformed line is read all the same. */
function* parseEach(lines: string): Iterable<unknown> {
  for (const line of lines.split('\n')) if (line.trim() !== '') yield JSON.parse(line);
}
