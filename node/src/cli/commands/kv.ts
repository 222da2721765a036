// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { prefixEnd, utf8 } from '@shortlink/common/bytes.ts';
import type { Row } from '@shortlink/proto/kv.ts';
import { checkReachableAddress } from '../../config/addresses.ts';
import { bytesJson, bytesText } from '../bytes-text.ts';
import { clientFlags, printResult } from '../client-flags.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { renderTable } from '@shortlink/common/cli/table.ts';

const keyArgument = { name: 'key', help: 'text of the key' } as const;
const kvFlags = {
  grpc: {
    kind: 'list',
    default: [],
    maxItems: 32,
    unit: 'host:port',
    check: checkReachableAddress,
    help: 'gRPC addresses of nodes; asked of --api where none is given.',
  },
  ...clientFlags,
} as const;
const mutationFlags = {
  'if-revision': {
    kind: 'int',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    help: 'Only when the key has this revision; 0: only when there is no such key.',
  },
  'idempotency-key': { kind: 'string', help: 'Makes a repeated command safe; minted where none is given.' },
} as const;

export const setCommand = command({
  path: ['set'],
  summary: 'Set the value of a key',
  args: [keyArgument, { name: 'value', help: 'text of the value' }],
  flags: { ...mutationFlags, ...kvFlags },
  run: async ({ flags, args, io }) => {
    const request = { ...mutationOf(flags, args.key), value: utf8(args.value) };
    const { withKv, newPut } = await import('../kv-client.ts');
    const { revision, existed } = await withKv(flags, ({ client, options }) => client.put(newPut(request), options));
    const result = { key: args.key, revision: Number(revision), existed };
    printResult(io, flags.output, result, () => `${existed ? 'changed' : 'created'} at revision ${revision}`);
  },
});

export const getCommand = command({
  path: ['get'],
  summary: 'Print the value of a key',
  args: [keyArgument],
  flags: kvFlags,
  run: async ({ flags, args, io }) => {
    const { withKv, newGet } = await import('../kv-client.ts');
    const { row } = await withKv(flags, ({ client, options }) => client.get(newGet({ key: utf8(args.key) }), options));
    if (row === undefined) throw new CliError('notFound', `there is no key ${JSON.stringify(args.key)}`);
    printResult(io, flags.output, rowJson(row), () => bytesText(row.value));
  },
});

export const deleteCommand = command({
  path: ['delete'],
  summary: 'Delete a key',
  args: [keyArgument],
  flags: { ...mutationFlags, ...kvFlags },
  run: async ({ flags, args, io }) => {
    const request = mutationOf(flags, args.key);
    const { withKv, newDelete } = await import('../kv-client.ts');
    const { revision, existed } = await withKv(flags, ({ client, options }) =>
      client.delete(newDelete(request), options),
    );
    if (!existed) throw new CliError('notFound', `there is no key ${JSON.stringify(args.key)}`);
    printResult(
      io,
      flags.output,
      { key: args.key, revision: Number(revision) },
      () => `deleted at revision ${revision}`,
    );
  },
});

export const scanCommand = command({
  path: ['scan'],
  summary: 'List keys and values in the order of their bytes',
  args: [
    { name: 'start', help: 'first key (default: the first of all)', optional: true },
    { name: 'end', help: 'key before which to stop (default: after the last of all)', optional: true },
  ],
  flags: {
    prefix: { kind: 'string', help: 'Only keys that begin so; instead of START and END.' },
    reverse: { kind: 'bool', default: false, help: 'From the last to the first.' },
    'keys-only': { kind: 'bool', default: false, help: 'Without the values.' },
    limit: { kind: 'int', default: 1000, min: 0, max: 4_294_967_295, help: 'Rows at most; 0: all.' },
    ...kvFlags,
  },
  run: async ({ flags, args, io }) => {
    const range = rangeOf(flags.prefix, args.start, args.end);
    const { withKv, newStreamRange } = await import('../kv-client.ts');
    const request = newStreamRange({
      ...range,
      reverse: flags.reverse,
      keysOnly: flags['keys-only'],
      limit: BigInt(flags.limit),
    });
    const rows = await withKv(flags, async ({ client, options }) => {
      const found: Row[] = [];
      for await (const response of client.streamRange(request, options)) found.push(...rowsOf(response));
      return found;
    });
    const head = flags['keys-only'] ? ['key', 'revision'] : ['key', 'revision', 'value'];
    printResult(io, flags.output, rows.map(rowJson), () =>
      renderTable(
        head,
        rows.map((row) => [bytesText(row.key), String(row.revision), bytesText(row.value)]),
      ),
    );
  },
});

function rowsOf(response: unknown): Row[] {
  // grpc-js types the items of a stream as `any`.
  const message = response as { readonly rows: Row[] };
  return message.rows;
}

function rangeOf(prefix: string | undefined, start: string | undefined, end: string | undefined) {
  if (prefix !== undefined && start !== undefined)
    throw new CliError('usage', 'give --prefix, or START and END, not both');
  const gte = utf8(prefix ?? start ?? '');
  if (prefix === undefined) return { gte, lt: utf8(end ?? '') };
  return { gte, lt: prefixEnd(gte) ?? new Uint8Array(0) };
}

function mutationOf(flags: { 'if-revision': number | undefined; 'idempotency-key': string | undefined }, key: string) {
  const condition = flags['if-revision'];
  return {
    key: utf8(key),
    idempotencyKey: flags['idempotency-key'] ?? randomUUID(),
    ...(condition === undefined ? {} : { ifRevision: BigInt(condition) }),
  };
}

function rowJson(row: Row): Record<string, unknown> {
  return {
    ...bytesJson('key', row.key),
    ...bytesJson('value', row.value),
    createRevision: Number(row.createRevision),
    revision: Number(row.revision),
    version: Number(row.version),
  };
}
