/** Where the hub is, without a slash at the end: the page may be below a path of a proxy. */
export function hubAddress(): string {
  return new URL(".", document.baseURI).href.replace(/\/$/, "");
}

/** A text in single quotes, for a shell. */
export function quoted(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
