// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { generatedUrls } from './generated-urls.ts';
import { JsonStringScanner } from './json-strings.ts';
import { fetchTarball, packageFiles, type PackageFile } from './packages.ts';
import { SeenSet } from './seen-set.ts';
import { readTarFile } from './tar.ts';

export interface InputLink {
  readonly url: string;
  readonly creatorId: string;
}

type Source = AsyncIterator<string> | Iterator<string>;

interface WeightedSource {
  readonly name: string;
  readonly source: Source;
  /** Turns in one cycle, so that a short run has some of everything. */
  readonly weight: number;
}

const generatedSeed = 20_261_123;
/** Creators of one source, so that their lists are neither one nor as many as links. */
const creatorsPerSource = 1000;
const looksLikeUrl = /^[a-z][a-z0-9+.-]*:\/\//i;

export interface UrlStream {
  readonly links: AsyncGenerator<InputLink>;
  /** URLs that came a second time, so far. */
  readonly duplicates: () => number;
}

/** Every URL of the packages and the generated ones once, as they are: what cannot be a link, the API says. */
export async function openUrlStream(
  folder: string,
  note: (text: string) => void,
  generatedCount = 100_000,
): Promise<UrlStream> {
  const weighted: WeightedSource[] = [];
  const weights = { repositories: 16, compatData: 1, icons: 1 } as const;
  for (const [key, spec] of Object.entries(packageFiles)) {
    note(`fetching ${spec.name}@${spec.version}`);
    const tarball = await fetchTarball(spec, folder);
    const weight = weights[key as keyof typeof packageFiles];
    weighted.push({ name: spec.name, source: urlsOf(tarball, spec), weight });
  }
  weighted.push({ name: 'generated', source: generatedUrls(generatedCount, generatedSeed), weight: 2 });
  const seen = new SeenSet();
  let duplicates = 0;
  async function* links(): AsyncGenerator<InputLink> {
    for await (const { name, value } of takeTurns(weighted)) {
      if (seen.add(value)) yield { url: value, creatorId: `${name}-${seen.size % creatorsPerSource}` };
      else duplicates++;
    }
  }
  return { links: links(), duplicates: () => duplicates };
}

/** Each source gives as many values in a cycle as its weight says, until all are at their end. */
export async function* takeTurns(
  sources: readonly WeightedSource[],
): AsyncGenerator<{ readonly name: string; readonly value: string }> {
  let open = [...sources];
  while (open.length > 0) {
    for (const source of open) {
      for (let turn = 0; turn < source.weight; turn++) {
        const next = await source.source.next();
        if (next.done === true) {
          open = open.filter((other) => other !== source);
          break;
        }
        yield { name: source.name, value: next.value };
      }
    }
  }
}

/** The URLs of a package as they come, some of them more than once. */
export async function* urlsOf(tarball: string, spec: PackageFile): AsyncGenerator<string> {
  const scanner = new JsonStringScanner();
  for await (const chunk of readTarFile(gunzipped(tarball), spec.file)) {
    for (const text of scanner.push(chunk)) if (looksLikeUrl.test(text)) yield text;
  }
  for (const text of scanner.end()) if (looksLikeUrl.test(text)) yield text;
}

async function* gunzipped(file: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const done = pipeline(createReadStream(file), gunzip).catch((error: unknown) => gunzip.destroy(error as Error));
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } finally {
    gunzip.destroy();
    await done;
  }
}
