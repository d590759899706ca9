/** Line breaks at the end of a text. */

/** A text without them. A pattern would look at each of many line breaks again and again, and take days for some megabytes. */
export function withoutLastBreaks(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end -= 1;
  return text.slice(0, end);
}
