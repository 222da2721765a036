// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import type { ChunkPlace } from '../../chunk-inspection.ts';
import { ChunkCorruptError } from '../../core/chunk/chunk-corrupt-error.ts';
import type { ChunkReader } from '../../core/chunk/chunk-reader.ts';
import { checkObjectName } from '@shortlink/common/object-name.ts';
import { chunkJson, chunkText, namespaceName, rowJson } from '../chunk-file-view.ts';
import { outputFlags, printResult } from '../client-flags.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { objectStoreFlags, objectStoreProblem, objectStoreSettings } from '../object-store-flags.ts';

const placeArgument = {
  name: 'chunk',
  help: 'a file, file:///PATH, or s3://BUCKET/NAME with the whole name of the object',
} as const;
const credentials =
  'A chunk in a bucket is read with ranged GETs; credentials come from --credentials-file, or from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';

export const chunkInspect = command({
  path: ['chunk', 'inspect'],
  summary: 'Show what a chunk says of itself',
  details: [
    'Reads and checks its tail: properties, index, filter and model. The rows are not read; chunk verify does.',
    credentials,
  ],
  args: [placeArgument],
  flags: { ...objectStoreFlags, ...outputFlags },
  run: async ({ flags, args, io }) => {
    const tail = await readChunk(args.chunk, flags, async (reader) => Promise.resolve(reader.tail));
    printResult(io, flags.output, chunkJson(tail), () => chunkText(tail));
  },
});

export const chunkVerify = command({
  path: ['chunk', 'verify'],
  summary: 'Read every row of a chunk and check everything that it says',
  details: [
    'Checksums, order of keys, content digest, row sum, counts, filter, expiries. The exit code is 1 when anything is wrong.',
    credentials,
  ],
  args: [placeArgument],
  flags: { ...objectStoreFlags, ...outputFlags },
  run: async ({ flags, args, io }) => {
    const { verifyWholeChunk } = await import('../../chunk-inspection.ts');
    const tail = await readChunk(args.chunk, flags, async (reader) => {
      await verifyWholeChunk(reader);
      return reader.tail;
    });
    const { rows, contentDigest, rowSum, bytes } = chunkJson(tail);
    const result = { chunk: args.chunk, ok: true, rows, bytes: bytes.chunk, contentDigest, rowSum };
    printResult(io, flags.output, result, () => `the chunk is whole: ${rows} rows, content digest ${contentDigest}`);
  },
});

export const chunkDump = command({
  path: ['chunk', 'dump'],
  summary: 'Print the rows of a chunk, one JSON object a line',
  details: [
    'In the order of their keys. Links are decoded; what cannot be read is printed in hexadecimal.',
    credentials,
  ],
  args: [placeArgument],
  flags: {
    namespace: {
      kind: 'enum',
      values: ['all', 'link', 'linkByCreator', 'linkByExpiry', 'kv'],
      default: 'all',
      help: 'Only the rows of this kind.',
    },
    limit: { kind: 'int', default: 0, min: 0, max: Number.MAX_SAFE_INTEGER, help: 'Rows at most; 0: all.' },
    ...objectStoreFlags,
  },
  run: async ({ flags, args, io }) => {
    await readChunk(args.chunk, flags, async (reader) => {
      let left = flags.limit === 0 ? Infinity : flags.limit;
      for await (const rows of reader.rows(rangeOf(reader, flags.namespace))) {
        for (const row of rows.slice(0, left)) io.out(JSON.stringify(rowJson(row)));
        left -= rows.length;
        if (left <= 0) break;
      }
    });
  },
});

type StoreFlags = Parameters<typeof objectStoreSettings>[1] & { readonly timeout: number };

/** @throws CliError that says what is wrong with the chunk, or with the way to it. */
async function readChunk<T>(place: string, flags: StoreFlags, use: (reader: ChunkReader) => Promise<T>): Promise<T> {
  const { withChunk } = await import('../../chunk-inspection.ts');
  try {
    const found = await withChunk(placeOf(place, flags), async (reader) => ({ result: await use(reader) }));
    if (found !== undefined) return found.result;
  } catch (error) {
    throw problemOf(place, error);
  }
  throw new CliError('notFound', `there is no object ${place}`);
}

function placeOf(place: string, flags: StoreFlags): ChunkPlace {
  if (place.startsWith('file:')) return { kind: 'file', path: pathOf(place) };
  const [, bucket, name] = /^s3:\/\/([^/]+)\/(.+)$/.exec(place) ?? [];
  if (bucket === undefined || name === undefined) {
    if (/^[a-z0-9]+:\/\//i.test(place))
      throw new CliError('usage', `${place} is neither a file, nor file:///PATH, nor s3://BUCKET/NAME`);
    return { kind: 'file', path: place };
  }
  const wrong = checkObjectName(name);
  if (wrong !== undefined) throw new CliError('usage', `the name of the object ${place} is ${wrong}`);
  return { kind: 'object', store: objectStoreSettings(`s3://${bucket}`, flags), name, timeoutMs: flags.timeout };
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new CliError('usage', `${url} is no file URL: write file:///PATH`, { cause });
  }
}

function problemOf(place: string, error: unknown): unknown {
  if (error instanceof ChunkCorruptError) return new CliError('failed', `${place}: ${error.message}`, { cause: error });
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    const exit = error.code === 'ENOENT' ? 'notFound' : 'failed';
    return new CliError(exit, `${place} cannot be read: ${error.message}`, { cause: error });
  }
  return objectStoreProblem(error);
}

/** The keys of one namespace, or all. */
function rangeOf(reader: ChunkReader, name: string): { readonly gte: Uint8Array; readonly lt?: Uint8Array } {
  const found = reader.tail.properties.namespaces.find((one) => namespaceName(one.namespace) === name);
  if (name === 'all') return { gte: new Uint8Array(0) };
  if (found === undefined) return { gte: new Uint8Array(0), lt: new Uint8Array(0) };
  return { gte: Uint8Array.of(found.namespace), lt: Uint8Array.of(found.namespace + 1) };
}
