// SPDX-License-Identifier: Apache-2.0

const barWidth = 30;

/** On a terminal only, and not more often than one can see. */
export function progressBar(): (label: string, done: number, total: number) => void {
  let shownAtMs = 0;
  let shownLabel = '';
  return (label, done, total) => {
    if (!process.stderr.isTTY) return;
    const nowMs = performance.now();
    if (label === shownLabel && nowMs - shownAtMs < 100 && done < total) return;
    [shownAtMs, shownLabel] = [nowMs, label];
    const filled = total === 0 ? 0 : Math.round((Math.min(done, total) / total) * barWidth);
    const bar = total === 0 ? '…' : `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${done}/${total}`;
    process.stderr.write(`\r\u001B[2K${label} ${bar}`);
  };
}
