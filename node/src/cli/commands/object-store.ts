// SPDX-License-Identifier: Apache-2.0
import { checkObjectStoreUrl } from '@shortlink/common/object-store-url.ts';
import { verdictLine, type StoreReport } from '../../services/object-store-check/check-object-store.ts';
import { outputFlags, printResult } from '../client-flags.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { clearProgress, showProgress } from '@shortlink/common/cli/io.ts';
import { objectStoreFlags, objectStoreProblem, objectStoreSettings } from '../object-store-flags.ts';
import { renderTable } from '@shortlink/common/cli/table.ts';

const flags = {
  ...objectStoreFlags,
  short: { kind: 'bool', default: false, help: 'Only what a node checks when it starts.' },
  ...outputFlags,
} as const;

export const objectStoreCheckCommand = command({
  path: ['object-store', 'check'],
  summary: 'Tell whether an object store keeps the promises that data needs',
  details: [
    'Creates objects below URL under names of its own (check-…), lets many writers race for one name, reads ranges, lists, deletes, and removes everything again. The exit code is 0 when every promise that is needed is kept, 1 when data would be lost, 5 when the store cannot be reached or fails meanwhile.',
    'A bucket needs the permissions to get, put, list and delete objects, and to abort uploads. Credentials come from --credentials-file, or from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  ],
  args: [{ name: 'url', help: 'file:///FOLDER, s3://BUCKET or s3://BUCKET/PREFIX' }],
  flags,
  run: async ({ args, flags: values, io }) => {
    const wrong = checkObjectStoreUrl(args.url);
    if (wrong !== undefined) throw new CliError('usage', `URL ${JSON.stringify(args.url)} is ${wrong}`);
    const { checkObjectStoreAt } = await import('../../object-store-check.ts');
    const report = await checkObjectStoreAt(objectStoreSettings(args.url, values), {
      scope: values.short ? 'short' : 'full',
      timeoutMs: values.timeout,
      onProgress: (done, total) => showProgress(io, 'promises checked', done, total),
    }).catch((error: unknown) => {
      throw objectStoreProblem(error);
    });
    clearProgress(io);
    printResult(io, values.output, { url: args.url, ...report }, () => reportText(report));
    if (report.leftBehind !== undefined) io.err(`shortlink: not everything was removed: ${report.leftBehind}`);
    if (report.verdict === 'unsafe') throw new CliError('failed', verdictLine(report));
    if (report.verdict === 'unknown') throw new CliError('unavailable', verdictLine(report));
  },
});

function reportText(report: StoreReport): string {
  const rows = report.promises.map(({ title, isNeeded, verdict, detail }) => [
    title,
    isNeeded ? 'needed' : 'useful',
    verdict === 'broken' && isNeeded ? 'BROKEN' : verdict,
    detail,
  ]);
  return [renderTable(['promise', 'is', 'verdict', 'what was found'], rows), verdictLine(report)].join('\n\n');
}
