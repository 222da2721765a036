// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';
import { callApi, type Api, type ApiRequest } from '../api-client.ts';
import { apiOf, clientFlags, idempotencyHeaders, printResult } from '../client-flags.ts';
import { command } from '@shortlink/common/cli/command.ts';
import { CliError } from '@shortlink/common/cli/exit-codes.ts';
import { clearProgress, showProgress, type Io } from '@shortlink/common/cli/io.ts';
import { isRecord, recordsOf, textOf, type JsonRecord } from '@shortlink/common/cli/json.ts';
import { renderPairs, renderTable } from '@shortlink/common/cli/table.ts';

const codeArgument = { name: 'code', help: 'the code of the link' } as const;
const expiryFlags = {
  'expires-at': { kind: 'string', unit: 'TIME', help: 'When the link ends, as RFC 3339: 2030-01-31T00:00:00Z.' },
  'expires-in': { kind: 'durationMs', min: 1, max: 100 * 365 * 86_400_000, help: 'The same, from now: 90d.' },
} as const;
const mutationFlags = {
  'idempotency-key': { kind: 'string', help: 'Makes a repeated command safe; minted where none is given.' },
} as const;
const revisionFlags = {
  'if-revision': { kind: 'int', min: 0, max: Number.MAX_SAFE_INTEGER, help: 'Only when the link has this revision.' },
} as const;

export const linkCreate = command({
  path: ['link', 'create'],
  summary: 'Create a short link',
  args: [{ name: 'url', help: 'where the link leads' }],
  flags: {
    code: { kind: 'string', help: 'The code; generated where none is given.' },
    'code-length': {
      kind: 'int',
      min: limits.generatedCodeMinLength,
      max: limits.generatedCodeMaxLength,
      help: 'Length of a generated code.',
    },
    'creator-id': { kind: 'string', help: 'Whom the link belongs to.' },
    ...expiryFlags,
    ...mutationFlags,
    ...clientFlags,
  },
  run: async ({ flags, args, io }) => {
    const body = {
      url: args.url,
      code: flags.code,
      codeLength: flags['code-length'],
      creatorId: flags['creator-id'],
      expiresAt: expiryOf(flags),
    };
    const headers = idempotencyHeaders(flags['idempotency-key']);
    const link = await callApi(apiOf(flags), { method: 'POST', path: ['links'], body, headers });
    printResult(io, flags.output, link, () => linkText(link));
  },
});

export const linkGet = command({
  path: ['link', 'get'],
  summary: 'Show a link',
  args: [codeArgument],
  flags: clientFlags,
  run: async ({ flags, args, io }) => {
    const link = await callApi(apiOf(flags), { method: 'GET', path: ['links', args.code] });
    printResult(io, flags.output, link, () => linkText(link));
  },
});

export const linkUpdate = command({
  path: ['link', 'update'],
  summary: 'Change a link',
  args: [codeArgument],
  flags: {
    url: { kind: 'string', help: 'Where the link leads from now on.' },
    disabled: {
      kind: 'enum',
      values: ['true', 'false', 'keep'],
      default: 'keep',
      help: 'Whether the link is switched off.',
    },
    'no-expiry': { kind: 'bool', default: false, help: 'The link ends no more.' },
    ...expiryFlags,
    ...revisionFlags,
    ...mutationFlags,
    ...clientFlags,
  },
  run: async ({ flags, args, io }) => {
    const expiresAt = expiryOf(flags);
    if (flags['no-expiry'] && expiresAt !== undefined) {
      throw new CliError('usage', '--no-expiry goes with neither --expires-at nor --expires-in');
    }
    const body = {
      url: flags.url,
      disabled: flags.disabled === 'keep' ? undefined : flags.disabled === 'true',
      expiresAt: flags['no-expiry'] ? null : expiresAt,
    };
    if (Object.values(body).every((value) => value === undefined))
      throw new CliError('usage', 'nothing to change is given');
    const headers = { ...idempotencyHeaders(flags['idempotency-key']), ...revisionHeaders(flags['if-revision']) };
    const link = await callApi(apiOf(flags), { method: 'PATCH', path: ['links', args.code], body, headers });
    printResult(io, flags.output, link, () => linkText(link));
  },
});

export const linkDelete = command({
  path: ['link', 'delete'],
  summary: 'Delete a link; its code is never given to another one',
  args: [codeArgument],
  flags: { ...revisionFlags, ...mutationFlags, ...clientFlags },
  run: async ({ flags, args, io }) => {
    const headers = { ...idempotencyHeaders(flags['idempotency-key']), ...revisionHeaders(flags['if-revision']) };
    const answer = await callApi(apiOf(flags), { method: 'DELETE', path: ['links', args.code], headers });
    printResult(io, flags.output, answer, () => `deleted ${args.code}`);
  },
});

export const linkList = command({
  path: ['link', 'list'],
  summary: 'List the links of a creator',
  args: [],
  flags: {
    'creator-id': { kind: 'string', required: true, help: 'Whose links.' },
    limit: { kind: 'int', default: 100, min: 1, max: limits.listMaxLinks, help: 'Links at most.' },
    cursor: { kind: 'string', help: 'Where the page before ended.' },
    all: { kind: 'bool', default: false, help: 'All links, in pages of --limit.' },
    ...clientFlags,
  },
  run: async ({ flags, io }) => {
    const query = { creatorId: flags['creator-id'], limit: flags.limit, cursor: flags.cursor };
    const first = { method: 'GET', path: ['links'], query } as const;
    const found = flags.all ? await everyPage(apiOf(flags), first, io) : await page(apiOf(flags), first);
    printResult(io, flags.output, found, () => listText(found));
  },
});

interface Page {
  readonly links: readonly JsonRecord[];
  /** Undefined at the end. */
  readonly cursor: string | undefined;
}

async function page(api: Api, request: ApiRequest): Promise<Page> {
  const answer = await callApi(api, request);
  if (!isRecord(answer)) throw new CliError('failed', 'the API gave no list');
  return { links: recordsOf(answer['links']), cursor: textOf(answer['cursor']) };
}

async function everyPage(api: Api, request: ApiRequest, io: Io): Promise<Page> {
  const links: JsonRecord[] = [];
  let cursor = request.query?.['cursor'];
  do {
    const next = await page(api, { ...request, query: { ...request.query, cursor } });
    links.push(...next.links);
    cursor = next.cursor;
    showProgress(io, `${links.length} links`, 0, 0);
  } while (cursor !== undefined);
  clearProgress(io);
  return { links, cursor: undefined };
}

function listText(found: Page): string {
  const rows = found.links.map((link) =>
    ['code', 'url', 'expiresAt', 'disabled'].map((field) => textOf(link[field]) ?? ''),
  );
  const table = renderTable(['code', 'url', 'expires', 'disabled'], rows);
  return found.cursor === undefined ? table : `${table}\nmore: --cursor ${found.cursor}`;
}

function linkText(link: unknown): string {
  if (!isRecord(link)) return String(link);
  return renderPairs(Object.fromEntries(Object.entries(link).map(([name, value]) => [name, textOf(value)])));
}

function expiryOf(flags: { 'expires-at': string | undefined; 'expires-in': number | undefined }): string | undefined {
  const { 'expires-at': at, 'expires-in': inMs } = flags;
  if (at !== undefined && inMs !== undefined)
    throw new CliError('usage', 'give --expires-at or --expires-in, not both');
  return inMs === undefined ? at : new Date(Date.now() + inMs).toISOString();
}

function revisionHeaders(revision: number | undefined): Record<string, string> {
  return revision === undefined ? {} : { 'if-match': `"${revision}"` };
}
