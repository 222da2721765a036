// SPDX-License-Identifier: Apache-2.0

/** Columns as wide as their widest cell, two spaces between them, nothing after the last. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head.map((cell) => cell.toUpperCase()), ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) =>
      widths
        .map((width, i) => (line[i] ?? '').padEnd(width))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** One `name  value` line for each pair whose value is known. */
export function renderPairs(pairs: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const known = Object.entries(pairs).filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${String(value)}`).join('\n');
}
