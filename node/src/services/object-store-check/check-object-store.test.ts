// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { MemoryBucket } from '../../../sim/object-store/memory-bucket.ts';
import { SimObjectStore } from '../../../sim/object-store/sim-object-store.ts';
import { SimRandom } from '../../../sim/sim-random.ts';
import { systemClock } from '../../adapters/system/system-clock.ts';
import { systemTimers } from '../../adapters/system/system-timers.ts';
import { ObjectStoreError, type ObjectStore, type ObjectUpload } from '../../ports/object-store.ts';
import { checkObjectStore, verdictLine, type CheckScope, type StoreReport } from './check-object-store.ts';

const minPartBytes = 1000;

interface Setting {
  readonly bucket: MemoryBucket;
  readonly store: ObjectStore;
}

function sound(): Setting {
  const bucket = new MemoryBucket();
  return { bucket, store: new SimObjectStore({ bucket, clock: systemClock, timers: systemTimers, minPartBytes }) };
}

/** The store, with some calls that do something else. */
function changed(store: ObjectStore, changes: Partial<ObjectStore>): ObjectStore {
  return {
    minPartBytes: store.minPartBytes,
    put: async (...args) => store.put(...args),
    startUpload: async (...args) => store.startUpload(...args),
    get: async (...args) => store.get(...args),
    getRange: async (...args) => store.getRange(...args),
    head: async (...args) => store.head(...args),
    list: async (...args) => store.list(...args),
    delete: async (...args) => store.delete(...args),
    abortUploads: async (...args) => store.abortUploads(...args),
    close: async () => store.close(),
    ...changes,
  };
}

function changedUpload(store: ObjectStore, change: (upload: ObjectUpload, name: string) => Partial<ObjectUpload>) {
  return changed(store, {
    startUpload: async (name, options) => {
      const upload = await store.startUpload(name, options);
      return {
        writePart: async (...args) => upload.writePart(...args),
        complete: async (...args) => upload.complete(...args),
        abort: async (...args) => upload.abort(...args),
        ...change(upload, name),
      };
    },
  });
}

async function check(store: ObjectStore, scope: CheckScope = 'full'): Promise<StoreReport> {
  return checkObjectStore(store, new SimRandom(1), { scope, timeoutMs: 10_000 });
}

function brokenIds(report: StoreReport): string[] {
  return report.promises.filter(({ verdict }) => verdict === 'broken').map(({ id }) => id);
}

describe.each<CheckScope>(['short', 'full'])('the %s check of a sound store', (scope) => {
  it('finds every promise kept, and leaves nothing behind', async () => {
    const { bucket, store } = sound();
    const report = await check(store, scope);
    expect(brokenIds(report)).toEqual([]);
    expect(report).toMatchObject({ verdict: 'safe', leftBehind: undefined });
    expect(verdictLine(report)).toMatch(/^safe: /);
    expect([bucket.size, bucket.uploadCount]).toEqual([0, 0]);
  });

  it('touches nothing of others', async () => {
    const { bucket, store } = sound();
    bucket.put('manifest/1', Uint8Array.of(1), 0);
    await check(store, scope);
    expect([bucket.size, bucket.get('manifest/1')]).toEqual([1, Uint8Array.of(1)]);
  });
});

const bodyless = { timeoutMs: 1000 };

type Break = (setting: Setting) => ObjectStore;

const overwrites: Break = ({ bucket, store }) =>
  changed(store, {
    put: async (name, body, options) => {
      bucket.delete(name);
      return store.put(name, body, options);
    },
  });

const tellsEverybodyYes: Break = ({ store }) =>
  changed(store, {
    put: async (...args) => {
      await store.put(...args);
      return 'created';
    },
  });

const tellsEverybodyNo: Break = ({ store }) =>
  changed(store, {
    put: async (...args) => {
      await store.put(...args);
      return 'exists';
    },
  });

const lastWriterReplaces: Break = ({ bucket, store }) =>
  changed(store, {
    put: async (name, body, options) => {
      const outcome = await store.put(name, body, options);
      if (outcome === 'exists') {
        bucket.delete(name);
        await store.put(name, body, options);
      }
      return outcome;
    },
  });

const completionReplaces: Break = ({ bucket, store }) =>
  changedUpload(store, (upload, name) => ({
    complete: async (options) => {
      bucket.delete(name);
      return upload.complete(options);
    },
  }));

const completionTellsYes: Break = ({ store }) =>
  changedUpload(store, (upload) => ({
    complete: async (options) => {
      const outcome = await upload.complete(options);
      return outcome === 'exists' ? 'created' : outcome;
    },
  }));

const mixesUpParts: Break = ({ store }) =>
  changedUpload(store, (upload) => {
    const parts = new Map<number, Uint8Array>();
    return {
      writePart: async (number, body, options) => {
        parts.set(number, body);
        await upload.writePart(number, body, options);
      },
      complete: async (options) => {
        const first = parts.get(1);
        if (parts.size > 1 && first !== undefined) await upload.writePart(1, first.toReversed(), options);
        return upload.complete(options);
      },
    };
  });

const showsPartsEarly: Break = ({ bucket, store }) =>
  changedUpload(store, (upload, name) => ({
    writePart: async (number, body, options) => {
      await upload.writePart(number, body, options);
      bucket.put(name, body, 0);
    },
  }));

const rangesAreOffByOne: Break = ({ store }) =>
  changed(store, {
    getRange: async (name, { offset, length }, options) =>
      store.getRange(name, { offset: Math.max(0, offset - 1), length }, options),
  });

const ignoresRanges: Break = ({ store }) =>
  changed(store, { getRange: async (name, _, options) => store.get(name, { ...options, maxBytes: 1e9 }) });

const remembersAbsence: Break = ({ store }) => {
  const absent = new Set<string>();
  return changed(store, {
    get: async (name, options) => {
      const body = absent.has(name) ? undefined : await store.get(name, options);
      if (body === undefined) absent.add(name);
      return body;
    },
  });
};

const remembersObjects: Break = ({ store }) => {
  const cache = new Map<string, Uint8Array>();
  return changed(store, {
    get: async (name, options) => {
      const body = cache.get(name) ?? (await store.get(name, options));
      if (body !== undefined) cache.set(name, body);
      return body;
    },
  });
};

const listsArePast: Break = ({ bucket, store }) => changed(store, { list: async (query) => bucket.list(query, 1) });

const pagesLoseTheirLast: Break = ({ store }) =>
  changed(store, {
    list: async (query, options) => {
      const page = await store.list(query, options);
      return page.nextCursor === undefined ? page : { ...page, objects: page.objects.slice(0, -1) };
    },
  });

const foldsLetters: Break = ({ store }) =>
  changed(store, { put: async (name, body, options) => store.put(name.toLowerCase(), body, options) });

const ignoresChecksums: Break = ({ store }) =>
  changed(store, { put: async (name, body) => store.put(name, body, bodyless) });

const ignoresPartChecksums: Break = ({ store }) =>
  changedUpload(store, (upload) => ({
    writePart: async (number, body) => upload.writePart(number, body, bodyless),
  }));

const abortsNothing: Break = ({ store }) => changedUpload(store, () => ({ abort: async () => undefined }));

const hidesUploads: Break = ({ store }) => changed(store, { abortUploads: async () => [] });

describe('a store that breaks a promise is caught:', () => {
  it.each<[string, Break, string]>([
    ['it replaces objects', overwrites, 'no-overwrite'],
    ['it lets everybody win', tellsEverybodyYes, 'create-once'],
    ['it lets nobody win', tellsEverybodyNo, 'create-once'],
    ['the last writer replaces the winner', lastWriterReplaces, 'create-once'],
    ['uploads replace objects', completionReplaces, 'upload-no-overwrite'],
    ['every upload wins', completionTellsYes, 'upload-once'],
    ['parts are mixed up', mixesUpParts, 'upload-whole'],
    ['parts show early', showsPartsEarly, 'upload-whole'],
    ['ranges are off by one', rangesAreOffByOne, 'ranges'],
    ['ranges are ignored', ignoresRanges, 'ranges'],
    ['something remembers that nothing was there', remembersAbsence, 'read-after-write'],
    ['something remembers what was there', remembersObjects, 'read-after-write'],
    ['lists show the past', listsArePast, 'list-after-write'],
    ['pages lose a name', pagesLoseTheirLast, 'pages'],
    ['small and capital letters are one', foldsLetters, 'names'],
  ])('%s', async (_, breakIt, id) => {
    const setting = sound();
    const report = await check(breakIt(setting));
    expect(brokenIds(report)).toContain(id);
    expect(report.verdict).toBe('unsafe');
    expect(verdictLine(report)).toMatch(/^UNSAFE: /);
  });

  it.each<[string, Break, string]>([
    ['it takes bodies with wrong checksums', ignoresChecksums, 'checksums'],
    ['it takes parts with wrong checksums', ignoresPartChecksums, 'checksums'],
    ['aborting does nothing', abortsNothing, 'abort'],
    ['uploads cannot be found', hidesUploads, 'stale-uploads'],
  ])('%s, which loses nothing', async (_, breakIt, id) => {
    const report = await check(breakIt(sound()));
    expect(brokenIds(report)).toEqual([id]);
    expect(report.verdict).toBe('safe');
  });

  it.each<[string, Break]>([
    ['it replaces objects', overwrites],
    ['it lets everybody win', tellsEverybodyYes],
    ['the last writer replaces the winner', lastWriterReplaces],
    ['uploads replace objects', completionReplaces],
    ['ranges are off by one', rangesAreOffByOne],
    ['something remembers that nothing was there', remembersAbsence],
    ['lists show the past', listsArePast],
  ])('%s, by the short form too', async (_, breakIt) => {
    expect((await check(breakIt(sound()), 'short')).verdict).toBe('unsafe');
  });
});

describe('a store that fails', () => {
  const away = async (): Promise<never> => {
    throw new ObjectStoreError('unavailable', 'it is away');
  };

  it('from the start cannot be checked at all', async () => {
    await expect(check(changed(sound().store, { list: away }))).rejects.toThrow('it is away');
  });

  it('in a part leaves that part unknown, and the verdict where the part is needed', async () => {
    const ranges = await check(changed(sound().store, { getRange: away }));
    expect(ranges.verdict).toBe('unknown');
    expect(ranges.promises.find(({ id }) => id === 'ranges')).toMatchObject({
      verdict: 'unknown',
      detail: 'it is away',
    });
    expect(ranges.promises.find(({ id }) => id === 'create-once')).toMatchObject({ verdict: 'kept' });
    expect(verdictLine(ranges)).toContain('a range is exactly that range');
    expect((await check(changed(sound().store, { abortUploads: away }))).verdict).toBe('safe');
  });

  it('and also breaks a promise is unsafe', async () => {
    const setting = sound();
    const store = changed(tellsEverybodyYes(setting), { getRange: away });
    expect((await check(store)).verdict).toBe('unsafe');
  });

  it('because it cannot do what is asked breaks the promise', async () => {
    const store = changed(sound().store, {
      put: async () => {
        throw new ObjectStoreError('invalid', '501 NotImplemented');
      },
    });
    expect((await check(store, 'short')).verdict).toBe('unsafe');
  });

  it('when all is over is told what was left behind', async () => {
    const report = await check(changed(sound().store, { delete: away }));
    expect(report.leftBehind).toBe('it is away');
  });
});

it('progress is told, promise by promise', async () => {
  const seen: string[] = [];
  await checkObjectStore(sound().store, new SimRandom(1), {
    scope: 'short',
    timeoutMs: 1000,
    onProgress: (done, total) => seen.push(`${done}/${total}`),
  });
  expect(seen).toEqual(['0/7', '1/7', '2/7', '3/7', '4/7', '5/7', '6/7']);
});
