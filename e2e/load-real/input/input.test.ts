// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generatedUrls } from './generated-urls.ts';
import { JsonStringScanner } from './json-strings.ts';
import { packageFiles, tarballName } from './packages.ts';
import { SeenSet } from './seen-set.ts';
import { readTarFile } from './tar.ts';
import { takeTurns } from './url-stream.ts';

function stringValues(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringValues);
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

describe('the scanner of JSON strings', () => {
  test('finds the values of any document, however it is cut and indented', () => {
    fc.assert(
      fc.property(fc.jsonValue(), cuts, fc.constantFrom(0, 2), (document, sizes, indent) => {
        const scanner = new JsonStringScanner();
        const pieces = cut(Buffer.from(JSON.stringify(document, undefined, indent)), sizes);
        const found = [...pieces.flatMap((piece) => [...scanner.push(piece)]), ...scanner.end()];
        // Order of numeric member names differs between the text and the object that was made of it.
        expect(found.toSorted()).toEqual(stringValues(document).toSorted());
      }),
    );
  });

  test('reads escapes, and quotes behind them', () => {
    const scanner = new JsonStringScanner();
    const text = String.raw`{"a\"":"x\"y","b":["\\","\u00e9"]}`;
    expect([...scanner.push(Buffer.from(text))]).toEqual(['x"y', '\\', 'é']);
  });

  test('refuses a document that ends within a string', () => {
    const scanner = new JsonStringScanner();
    expect([...scanner.push(Buffer.from('["https://exam'))]).toEqual([]);
    expect(() => [...scanner.end()]).toThrow('ends within a string');
  });
});

/** The fields of a header that matter here. */
function tarEntry(name: string, content: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(content.length.toString(8).padStart(11, '0'), 124);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, Buffer.from(content), padding]);
}

async function* from(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('the reader of tarballs', () => {
  const wanted = 'w'.repeat(1500);
  const archive = Buffer.concat([
    tarEntry('package/empty', ''),
    tarEntry('package/block', 'b'.repeat(512)),
    tarEntry('package/wanted', wanted),
    tarEntry('package/after', 'after'),
    Buffer.alloc(1024),
  ]);

  test('gives one file among others, however the stream is cut', async () => {
    for (const sizes of [[1], [511, 2], [512], [10_000]]) {
      expect(await textOf(readTarFile(from(cut(archive, sizes)), 'package/wanted'))).toBe(wanted);
    }
  });

  test('refuses an archive without the file, or with a part of it', async () => {
    await expect(textOf(readTarFile(from([archive]), 'package/none'))).rejects.toThrow('no whole package/none');
    const part = archive.subarray(0, 2600);
    await expect(textOf(readTarFile(from([part]), 'package/wanted'))).rejects.toThrow('no whole package/wanted');
  });
});

describe('the input', () => {
  test('knows what it has seen while it grows', () => {
    const seen = new SeenSet();
    const texts = Array.from({ length: 100_000 }, (_, i) => `https://example.com/${i}`);
    expect(texts.every((text) => seen.add(text))).toBe(true);
    expect(texts.some((text) => seen.add(text))).toBe(false);
    expect(seen.size).toBe(texts.length);
  });

  test('takes from its sources in turns until all are at their end', async () => {
    const sources = [
      { name: 'a', source: ['1', '2', '3', '4', '5'].values(), weight: 2 },
      { name: 'b', source: ['6', '7'].values(), weight: 1 },
    ];
    const taken: string[] = [];
    for await (const { name, value } of takeTurns(sources)) taken.push(name + value);
    expect(taken).toEqual(['a1', 'a2', 'b6', 'a3', 'a4', 'b7', 'a5']);
  });

  test('has generated URLs with a query each, the same in every run', () => {
    const urls = [...generatedUrls(2000, 7)];
    expect(urls).toEqual([...generatedUrls(2000, 7)]);
    expect(new Set(urls).size).toBe(urls.length);
    expect(urls.every((url) => (URL.parse(url)?.search ?? '').length > 1)).toBe(true);
    expect(urls.some((url) => URL.parse(url)?.href !== url)).toBe(true);
  });

  test('names tarballs as npm does', () => {
    expect(tarballName(packageFiles.compatData)).toBe('mdn-browser-compat-data-8.1.9.tgz');
    expect(tarballName(packageFiles.icons)).toBe('simple-icons-16.37.0.tgz');
  });
});
