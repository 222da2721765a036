// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { importsOf } from './imports.ts';
import { allowed, layerProblem, ringOf } from './layers.ts';
import { isGenerated, isTest, readSource, sourceFiles } from './tree.ts';

const sources = sourceFiles().filter((path) => path.endsWith('.ts') && !isGenerated(path));

function problemsOf(file: string, text: string): string[] {
  return importsOf(file, text).flatMap((one) => layerProblem(file, one) ?? []);
}

describe('the project', () => {
  test('imports only along the arrows of the table, types included', () => {
    const problems = sources
      .filter((path) => !isTest(path))
      .flatMap((path) => problemsOf(path, readSource(path)).map((problem) => `${path} ${problem}`));
    expect(problems).toEqual([]);
  });

  test('has a rule for every folder with code', () => {
    const rings = new Set(sources.flatMap((path) => ringOf(path) ?? []));
    expect([...rings].filter((ring) => allowed[ring] === undefined)).toEqual([]);
  });
});

describe('the check', () => {
  test.each([
    ['node/src/core/raft/log.ts', `import { x } from '../../engine/turn.ts';`],
    ['node/src/core/raft/log.ts', `import type { X } from '../../ports/clock.ts';`],
    ['node/src/ports/shards.ts', `import { x } from '../core/cluster/map.ts';`],
    ['node/src/servers/http/api.ts', `import { Store } from '../../adapters/rocksdb/store.ts';`],
    ['node/src/servers/http/api.ts', `import { shardOf } from '../../core/cluster/cluster-map.ts';`],
    ['node/src/cli/main.ts', `const x = await import('../adapters/rocksdb/store.ts');`],
    ['node/src/engine/host.ts', `export * from '../services/links.ts';`],
    ['node/src/engine/host.ts', `export type { X } from '../config/options.ts';`],
    ['node/src/engine/host.ts', `import { Server } from '@shortlink/proto/peer.ts';`],
    ['node/src/engine/host.ts', `new Worker(new URL('../adapters/x.ts', import.meta.url));`],
    ['node/src/core/a.ts', `import {\n  a,\n  type B,\n} from '../engine/b.ts';`],
    ['common/src/a.ts', `import '../../node/src/config/load.ts';`],
    ['node/src/main.ts', `import { fake } from './ports/testing/fake.ts';`],
    ['e2e/scenarios/a.ts', `import { run } from '../../node/src/main.ts';`],
  ])('%s may not say %s', (file, text) => {
    expect(problemsOf(file, text)).toHaveLength(1);
  });

  test.each([
    ['node/src/ports/shards.ts', `import type { Map } from '../core/cluster/map.ts';`],
    ['node/src/main.ts', `import { Store } from './adapters/rocksdb/store.ts';`],
    ['node/src/servers/http/api.ts', `import { Links } from '../../services/links.ts';\nimport 'node:http';`],
    ['node/sim/world.ts', `import { Host } from '../src/engine/host.ts';`],
    ['vitest.config.ts', `import { x } from './node/src/main.ts';`],
  ])('%s may say %s', (file, text) => {
    expect(problemsOf(file, text)).toEqual([]);
  });
});
