// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../testing/fake-io.ts';

const golden = fileURLToPath(new URL('../../core/chunk/testdata/golden-v1.chunk', import.meta.url));
const digest = 'f178a01c106ee3157a4256f48aedd568c298625a51a1fdce13747a9131c822b6';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'shortlink-chunk-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A copy of the golden chunk with one byte changed. */
function broken(at: number): string {
  const bytes = readFileSync(golden);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  const path = join(folder, `broken-${at}.chunk`);
  writeFileSync(path, bytes);
  return path;
}

describe('chunk inspect', () => {
  it('shows what a chunk says of itself', async () => {
    const { exitCode, out } = await runCli(['chunk', 'inspect', golden]);
    expect(exitCode).toBe(0);
    expect(out).toContain(digest);
    expect(out).toMatch(/written by +0123456789abcdef in term 5/);
    expect(out).toMatch(/^link +253 +2 +16 /m);
  });

  it('prints the same as JSON, of a file URL, too', async () => {
    const { out } = await runCli(['chunk', 'inspect', pathToFileURL(golden).href, '--output', 'json']);
    const json = JSON.parse(out) as { bytes: Record<string, number> };
    expect(json).toMatchObject({
      formatVersion: 1,
      origin: { shard: 7, generations: [3], inputs: [] },
      rows: 629,
      revisions: { first: 1 },
      contentDigest: digest,
      namespaces: [
        { namespace: 'link' },
        { namespace: 'linkByCreator' },
        { namespace: 'linkByExpiry' },
        { namespace: 'kv' },
      ],
    });
    const { chunk = 0, blocks = 0, tail = 0 } = json.bytes;
    expect(blocks + tail).toBe(chunk);
  });
});

describe('chunk verify', () => {
  it('finds a whole chunk whole', async () => {
    const { exitCode, out } = await runCli(['chunk', 'verify', golden, '--output', 'json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ok: true, rows: 629, contentDigest: digest });
  });

  it('finds a changed byte, in a block as in the tail', async () => {
    for (const [at, part] of [
      [100, /block 0 is corrupt: its checksum/],
      [9000, /the tail is corrupt/],
      [10_700, /the footer is corrupt/],
    ] as const) {
      const { exitCode, out, err } = await runCli(['chunk', 'verify', broken(at)]);
      expect([exitCode, out]).toEqual([1, '']);
      expect(err).toMatch(part);
    }
    // What inspect does not read, it cannot find.
    expect((await runCli(['chunk', 'inspect', broken(100)])).exitCode).toBe(0);
  });

  it.each([
    ['a file that is none', ['README.md'], 1, /this is no chunk/],
    ['a file that is not there', ['nothing.chunk'], 3, /ENOENT/],
    ['a folder', ['node'], 1, /cannot be read/],
    ['a place of another kind', ['https://example.com/x'], 2, /neither a file/],
    ['an object without a name', ['s3://bucket'], 2, /neither a file/],
    ['a name that no object has', ['s3://bucket/a//b'], 2, /not segments/],
    ['a URL with a host', ['file://host/x'], 2, /no file URL/],
  ])('says what is wrong with %s', async (_, args, exit, message) => {
    const { exitCode, err } = await runCli(['chunk', 'verify', ...args]);
    expect(exitCode).toBe(exit);
    expect(err).toMatch(message);
  });
});

describe('chunk dump', () => {
  const dump = async (...flags: readonly string[]): Promise<Record<string, unknown>[]> => {
    const { out } = await runCli(['chunk', 'dump', golden, ...flags]);
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  it('prints every row as a line', async () => {
    const rows = await dump();
    expect(rows).toHaveLength(629);
    expect(rows[0]).toEqual({
      row: 'link',
      code: '00j3nvdl',
      url: 'https://example.com/articles/cekiwegu8-ditukiha8/568',
      creatorId: 'creator-29',
      createdAt: '2026-01-01T00:54:17.569Z',
      updatedAt: '2026-01-01T00:54:17.569Z',
      expiresAt: '2026-01-13T00:54:17.569Z',
      disabled: true,
      createRevision: 99,
      revision: 99,
    });
    expect(rows).toContainEqual({
      row: 'link',
      code: 'dead0000',
      dead: 'deleted',
      at: '2026-06-01T00:00:00.000Z',
      revision: 300,
    });
  });

  it('prints the rows of one kind, up to a limit', async () => {
    const byCreator = await dump('--namespace', 'linkByCreator', '--limit', '7');
    expect(byCreator).toHaveLength(7);
    expect(byCreator[0]).toMatchObject({ row: 'linkByCreator', creatorId: 'creator-0', removed: false });
    const pairs = await dump('--namespace', 'kv');
    expect(pairs).toHaveLength(80);
    expect(pairs).toContainEqual({ row: 'kv', key: 'settings/team-17/locale', removed: true, revision: 417 });
    expect(await dump('--namespace', 'linkByExpiry')).toHaveLength(46);
  });
});
