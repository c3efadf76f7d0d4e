/** Control characters, and those that turn the direction of what follows, as signs that can be seen. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (letter) => {
    const code = letter.charCodeAt(0);
    if (letter === "\t" || letter === "\n") return letter;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "␡" : `⟨U+${code.toString(16).toUpperCase()}⟩`;
  });
}

const UNSEEN = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The beginning of a text that may be megabytes long. */
export function beginning(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, letters)}…`;
}

/** The lines of two texts, with what only the one or the other has: "-" before, "+" after. */
export function lineDiff(before: string, after: string): { mark: " " | "-" | "+"; line: string }[] {
  const a = before.split("\n");
  const b = after.split("\n");
  // The table has a cell for each pair of lines.
  if (a.length * b.length > 1_000_000) {
    return [
      ...a.map((line) => ({ mark: "-" as const, line })),
      ...b.map((line) => ({ mark: "+" as const, line })),
    ];
  }
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: { mark: " " | "-" | "+"; line: string }[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ mark: " ", line: a[i] ?? "" });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: "-", line: a[i] ?? "" });
      i += 1;
    } else {
      lines.push({ mark: "+", line: b[j] ?? "" });
      j += 1;
    }
  }
  return lines;
}
