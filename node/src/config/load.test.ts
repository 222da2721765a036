// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { formatProblem } from '@shortlink/common/options.ts';
import { loadConfig, variableOf, type ConfigSources } from './load.ts';
import { options, type Config } from './options.ts';

const needed = ['--node.name', 'a', '--data.dir', '/data', '--cluster.initialNodes', 'a=127.0.0.1:8083'];

function load(sources: { argv?: readonly string[]; env?: ConfigSources['env']; yaml?: string }) {
  const file = sources.yaml === undefined ? undefined : { name: 'config.yaml', folder: '/etc/sl', text: sources.yaml };
  return loadConfig({ argv: sources.argv ?? needed, env: sources.env ?? {}, file });
}

function accepted(sources: Parameters<typeof load>[0]): Config {
  const loaded = load(sources);
  if ('problems' in loaded) throw new Error(loaded.problems.map(formatProblem).join('\n'));
  return loaded.config;
}

function problems(sources: Parameters<typeof load>[0]): string[] {
  const loaded = load(sources);
  return 'problems' in loaded ? loaded.problems.map(formatProblem) : [];
}

describe('sources', () => {
  test('flags win over variables, variables over the file, the file over defaults', () => {
    const yaml = 'redirect: { status: 301, threads: 3, maxAgeSeconds: 9 }';
    const env = { SHORTLINK_REDIRECT_STATUS: '307', SHORTLINK_REDIRECT_THREADS: '2' };
    const config = accepted({ argv: [...needed, '--redirect.status=308'], env, yaml });
    expect(config.redirect).toMatchObject({ status: 308, threads: 2, maxAgeSeconds: 9, maxConnections: 10_000 });
  });

  test('every option can be set by its variable, and no two share one', () => {
    const names = Object.keys(options);
    expect(new Set(names.map(variableOf)).size).toBe(names.length);
    expect(variableOf('redirect.maxAgeSeconds')).toBe('SHORTLINK_REDIRECT_MAX_AGE_SECONDS');
  });

  test('a switch needs no value, other flags do', () => {
    expect(accepted({ argv: [...needed, '--links.reuseDeadCodes'] }).links.reuseDeadCodes).toBe(true);
    expect(problems({ argv: [...needed, '--log.level'] })).toEqual(['log.level (from --log.level): needs a value']);
  });

  test('durations and sizes accept units, lists accept commas and YAML lists', () => {
    const config = accepted({
      env: { SHORTLINK_IDEMPOTENCY_WINDOW_MS: '2h', SHORTLINK_LINKS_OWN_HOSTS: 's.example, s.example:8080' },
      yaml: 'rocksdb: { cacheBytes: 1GiB }\nlinks: { schemes: [https] }',
    });
    expect(config.idempotency.windowMs).toBe(7_200_000);
    expect(config.rocksdb.cacheBytes).toBe(2 ** 30);
    expect(config.links).toMatchObject({ schemes: ['https'], ownHosts: ['s.example', 's.example:8080'] });
  });

  test('variables that Kubernetes makes from Services are not mistaken for options', () => {
    const loaded = load({
      env: { SHORTLINK_REDIRECT_PORT_8080_TCP_ADDR: '10.0.0.1', SHORTLINK_PORT: 'tcp://x', SHORTLINK_LGO_LEVEL: 'x' },
    });
    expect('warnings' in loaded && loaded.warnings).toEqual([
      'the variable SHORTLINK_LGO_LEVEL is not an option and is ignored',
    ]);
  });

  test('relative paths of the file are relative to the file, those of flags are left alone', () => {
    const config = accepted({ argv: needed.with(3, 'data'), yaml: 'auth: { tokensFile: tokens.yaml }' });
    expect(config.data.dir).toBe('data');
    expect(config.auth.tokensFile).toBe('/etc/sl/tokens.yaml');
  });

  test('a file URL of the file may be relative to the file, and no other one', () => {
    const urlOf = (yaml: string): string => accepted({ yaml: `objectStore: { url: "${yaml}" }` }).objectStore.url;
    expect(urlOf('file:../objects')).toBe('file:///etc/objects');
    expect(urlOf('file:objects')).toBe('file:///etc/sl/objects');
    expect(urlOf('file:///var/objects')).toBe('file:///var/objects');
    expect(urlOf('s3://bucket/prefix')).toBe('s3://bucket/prefix');
    expect(problems({ env: { SHORTLINK_OBJECT_STORE_URL: 'file:objects' } })[0]).toContain('file:///FOLDER');
  });

  test('the config cannot be changed', () => {
    expect(Object.isFrozen(accepted({}).redirect)).toBe(true);
  });
});

describe('problems', () => {
  test('all of them are reported at once, each with where it came from', () => {
    const found = problems({
      argv: ['--redirect.sttaus', '302', '--data.dir', ''],
      env: { SHORTLINK_RAFT_TICK_MS: 'soon' },
      yaml: 'log: { level: loud }\nshards: { replicas: 9 }\nraft: { electionTicks: 3, heartbeatTicks: 3 }',
    });
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'redirect.sttaus (from --redirect.sttaus)',
      'node.name',
      'data.dir (from --data.dir)',
      'shards.replicas (from config.yaml',
      'raft.tickMs (from SHORTLINK_RAFT_TICK_MS)',
      'log.level (from config.yaml',
      'raft.electionTicks',
    ]);
    expect(found[0]).toContain('did you mean redirect.status?');
  });

  test('a file that is not YAML is named with the line', () => {
    expect(problems({ yaml: 'a: [1' })[0]).toMatch(/^config\.yaml: .* line 1/);
    expect(problems({ yaml: '- a' })).toEqual(['config.yaml: is not a map of options']);
  });

  test('limits of the table hold: the window of idempotency keys is never below a minute', () => {
    expect(problems({ env: { SHORTLINK_IDEMPOTENCY_WINDOW_MS: '59999' } })[0]).toContain('"59999" is below 1m');
  });

  test('two listeners cannot take one port, a wildcard overlaps with every host', () => {
    const found = problems({ argv: [...needed, '--api.address', '127.0.0.1:8080'] });
    expect(found).toEqual(['api.address: takes the port of redirect.address']);
  });

  test('a node that neither founds nor joins has nowhere to go', () => {
    const found = problems({ argv: ['--node.name', 'b', '--data.dir', '/d', '--peer.advertise', 'b:8083'] });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^cluster\.join: is empty/);
  });

  test('a consequence of a bad option is not reported a second time', () => {
    const found = problems({ argv: ['--node.name', 'a', '--data.dir', '/d', '--cluster.initialNodes', 'nonsense'] });
    expect(found.map((line) => line.split(' ')[0])).toEqual(['cluster.initialNodes']);
  });

  test('mutual TLS takes all three files', () => {
    const found = problems({ argv: [...needed, '--tls.peer.caFile', 'ca.pem'] });
    expect(found.map((line) => line.split(':')[0])).toEqual(['tls.peer.certFile', 'tls.peer.keyFile']);
  });
});

describe('an object store', () => {
  const withStore = (...more: string[]): string[] => [...needed, '--objectStore.url', 's3://chunks/a', ...more];

  test('is none unless one is named', () => {
    expect(accepted({}).objectStore).toMatchObject({ url: '', endpoint: '', region: '', pathStyle: 'auto' });
  });

  test('is named by a URL, and reached as is told', () => {
    const yaml = 'objectStore: { pathStyle: true, credentialsFile: keys }';
    const config = accepted({ argv: withStore('--objectStore.endpoint', 'http://127.0.0.1:9000'), yaml });
    expect(config.objectStore).toEqual({
      url: 's3://chunks/a',
      endpoint: 'http://127.0.0.1:9000',
      region: '',
      pathStyle: 'true',
      credentialsFile: '/etc/sl/keys',
    });
  });

  test('that is misspelt is a problem', () => {
    const found = (...argv: string[]): string => problems({ argv }).join('\n');
    expect(found(...needed, '--objectStore.url', 'http://chunks')).toContain('s3://BUCKET');
    expect(found(...withStore('--objectStore.endpoint', '127.0.0.1:9000'))).toContain('not http://host:port');
    expect(found(...withStore('--objectStore.endpoint', 'http://x/bucket'))).toContain('not http://host:port');
    expect(found(...withStore('--objectStore.region', 'Europe!'))).toContain('eu-central-1');
    expect(found(...withStore('--objectStore.pathStyle', 'yes'))).toContain('auto, true, false');
  });

  test('in a folder, or none at all, has no use for how a bucket is reached', () => {
    for (const url of ['file:///var/objects', '']) {
      const argv = [...needed, '--objectStore.url', url, '--objectStore.region', 'eu-central-1'];
      expect(problems({ argv })).toEqual([expect.stringMatching(/^objectStore\.region: .*s3:\/\/BUCKET/)]);
    }
  });
});

describe('the limit of the hot tier', () => {
  test('follows the size of a generation, unless it is given', () => {
    const seal = ['--chunks.sealAfterBytes', '1000000'];
    expect(accepted({ argv: [...needed, ...seal] }).chunks.maxHotBytes).toBe(24_000_000);
    expect(accepted({ argv: [...needed, ...seal, '--chunks.maxHotBytes', '1GiB'] }).chunks.maxHotBytes).toBe(2 ** 30);
  });

  test('is not below that size', () => {
    const argv = [...needed, '--chunks.sealAfterBytes', '1000000', '--chunks.maxHotBytes', '999999'];
    expect(problems({ argv })).toEqual([
      expect.stringMatching(/^chunks\.maxHotBytes: must not be below .* \(1000000\)/),
    ]);
  });
});

describe('advertised addresses', () => {
  test('follow from the own entry of the initial nodes', () => {
    const config = accepted({ argv: ['--node.name=b', '--data.dir=/d', '--cluster.initialNodes=a=a.x:1,b=b.x:2'] });
    expect(config.peer.advertise).toBe('b.x:2');
    expect(config.redirect.advertise).toBe('b.x:8080');
    expect(config.api.advertise).toBe('127.0.0.1:8081');
  });

  test('are required of a node that joins and listens on every interface', () => {
    const argv = ['--node.name=b', '--data.dir=/d', '--cluster.join=a.x:1'];
    expect(problems({ argv })[0]).toMatch(/^peer\.advertise: is required/);
    expect(accepted({ argv: [...argv, '--peer.address=10.0.0.2:9'] }).peer.advertise).toBe('10.0.0.2:9');
  });
});

test('an API listens beyond the loopback only with tokens', () => {
  const argv = [...needed, '--api.address', '0.0.0.0:8081', '--grpc.address', '[::]:8082'];
  expect(problems({ argv }).map((line) => line.split(':')[0])).toEqual(['api.address', 'grpc.address']);
  expect(problems({ argv: [...argv, '--auth.tokensFile', 'tokens'] })).toEqual([]);
});

test('no variable of an option looks like one that Kubernetes makes from a Service', () => {
  const link = /_(?:SERVICE_HOST|SERVICE_PORT|PORT)(?:_|$)/;
  expect(
    Object.keys(options)
      .map(variableOf)
      .filter((name) => link.test(name)),
  ).toEqual([]);
});
