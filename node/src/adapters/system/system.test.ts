// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { describeClockContract, describeRandomContract } from '../../ports/testing/system-contracts.ts';
import { readFileIfPresent, removeFileDurably, writeFileAtomic } from './atomic-file.ts';
import { ownerAdvice, prepareDataDir, readPidFile, removePidFile, writePidFile } from './data-dir.ts';
import { diskSpace, freeBytes } from './disk-space.ts';
import { systemClock } from './system-clock.ts';
import { SystemRandom } from './system-random.ts';
import { systemTimers } from './system-timers.ts';

describeClockContract('systemClock', () => systemClock);
describeRandomContract('SystemRandom', () => new SystemRandom());

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'shortlink-system-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('free bytes of the disk', () => {
  it('are a number where the folder is there, and not known where it is not', () => {
    expect(freeBytes(directory)).toBeGreaterThan(0);
    expect(freeBytes(join(directory, 'missing'))).toBeUndefined();
  });

  it('are not more than its size', () => {
    const space = diskSpace(directory);
    expect(space?.sizeBytes).toBeGreaterThan(space?.freeBytes ?? Number.POSITIVE_INFINITY);
    expect(diskSpace(join(directory, 'missing'))).toBeUndefined();
  });
});

describe.skipIf(process.platform !== 'linux')('the priority of a thread', () => {
  it('is lowered for that thread alone', async () => {
    const script = `
      const { readFileSync } = require('node:fs');
      import(${JSON.stringify(import.meta.resolve('./thread-priority.ts'))}).then(({ lowerThreadPriority }) => {
        lowerThreadPriority(7);
        const nice = (path) => readFileSync(path, 'utf8').split(') ')[1].split(' ')[16];
        require('node:worker_threads').parentPort.postMessage([nice('/proc/thread-self/stat'), nice('/proc/self/stat')]);
      });`;
    const worker = new Worker(script, { eval: true });
    const [told] = (await once(worker, 'message')) as [readonly [string, string]];
    await worker.terminate();
    const [own, main] = told.map(Number);
    expect(own).toBe(Math.min(19, (main ?? 0) + 7));
  });
});

describe('systemTimers', () => {
  it('run what was asked, and not what was cancelled', async () => {
    const ran: string[] = [];
    const cancel = systemTimers.after(0, () => ran.push('cancelled'));
    cancel();
    await new Promise<void>((resolve) => {
      systemTimers.after(0, () => {
        ran.push('kept');
        resolve();
      });
    });
    expect(ran).toEqual(['kept']);
  });

  it('do not fire a very long delay at once', async () => {
    let fired = false;
    const cancel = systemTimers.after(Number.MAX_SAFE_INTEGER, () => {
      fired = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(fired).toBe(false);
    cancel();
  });
});

describe('writeFileAtomic', () => {
  it('writes, replaces and leaves nothing else behind', () => {
    const path = join(directory, 'identity');
    expect(readFileIfPresent(path)).toBeUndefined();
    writeFileAtomic(path, utf8('one'));
    writeFileAtomic(path, utf8('two'));
    expect(fromUtf8(readFileIfPresent(path) ?? new Uint8Array(0))).toBe('two');
    expect(readdirSync(directory)).toEqual(['identity']);
  });

  it('overwrites the temporary file of a writer that died', () => {
    writeFileSync(join(directory, '.identity.tmp'), 'half of something much longer');
    writeFileAtomic(join(directory, 'identity'), utf8('new'));
    expect(readFileSync(join(directory, 'identity'), 'utf8')).toBe('new');
    expect(readdirSync(directory)).toEqual(['identity']);
  });

  it('fails when the directory is missing, and a file that is missing can be removed', () => {
    expect(() => {
      writeFileAtomic(join(directory, 'no', 'identity'), utf8('x'));
    }).toThrow(/ENOENT/);
    removeFileDurably(join(directory, 'nothing'));
  });
});

describe('a data directory', () => {
  it('is made with its parents, and again without harm', () => {
    const path = join(directory, 'a', 'b');
    const paths = prepareDataDir(path);
    expect(prepareDataDir(path)).toEqual(paths);
    expect(paths.pidFile).toBe(join(path, 'pid'));
  });

  it('says what to do when it cannot be used', () => {
    writeFileSync(join(directory, 'file'), '');
    expect(() => prepareDataDir(join(directory, 'file'))).toThrow(/cannot be used.*check the path/);
  });

  it('names its owner, whose pid file a successor replaces', () => {
    const paths = prepareDataDir(directory);
    expect(readPidFile(paths)).toBeUndefined();
    expect(ownerAdvice(paths)).toMatch(/^another process runs/);
    writePidFile(paths, 4711);
    expect(ownerAdvice(paths)).toContain('pid 4711');
    writePidFile(paths, 4712);
    expect(readPidFile(paths)).toBe(4712);
    removePidFile(paths, 4711);
    expect(readPidFile(paths)).toBe(4712);
    removePidFile(paths, 4712);
    expect(readPidFile(paths)).toBeUndefined();
  });

  it('reads a damaged pid file as none', () => {
    const paths = prepareDataDir(directory);
    for (const content of ['', 'x', '-1', '0', '12x', Buffer.from([0xff, 0xfe])]) {
      writeFileSync(paths.pidFile, content);
      expect(readPidFile(paths)).toBeUndefined();
    }
  });
});
