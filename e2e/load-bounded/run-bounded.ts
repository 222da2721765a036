// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defined } from '@shortlink/common/assert.ts';
import type { LoadHooks } from '../harness/load-command.ts';
import { s3Store, type TestStore } from '../harness/object-stores.ts';
import { TcpProxy } from '../harness/tcp-proxy.ts';
import { LocalCluster } from '../load-real/cluster/local-cluster.ts';
import { openUrlStream, type UrlStream } from '../load-real/input/url-stream.ts';
import { LinkFileWriter, readLinkFile, type CreatedLink } from '../load-real/load/link-file.ts';
import { loadLinks } from '../load-real/load/load-links.ts';
import type { ReadBackResult } from '../load-real/load/read-back.ts';
import { settled } from './bounded-cluster.ts';
import { disaster, type Disaster } from './disaster.ts';
import { verdicts, type Verdict } from './flat.ts';
import { look, type Look } from './look.ts';
import type { BoundedFlags } from './options.ts';
import { linksByCode, readFor, readThroughAll } from './read-all.ts';

export interface BoundedReport {
  readonly created: number;
  readonly createdPerSecond: number;
  readonly looks: readonly Look[];
  readonly verdicts: readonly Verdict[];
  /** Links of a sample, over and over, while a holder's disk and the object store were gone. */
  readonly whileCut: ReadBackResult;
  /** Every link through every node. */
  readonly readAll: ReadBackResult;
  readonly disaster: Disaster;
}

const nodes = 3;
const maxCandidates = 4;
const realLinks = 1_700_000;
const sampleLinks = 1000;
const noteEvery = 100_000;
/** While the store is away: so many that they are not all in memory after a moment. */
const cutSampleLinks = 50_000;
const shares = [0.1, 0.5, 1];
/** A row of a link and of its creator's list, in a generation. */
const rowBytes = 100;
const endpointKey = 'objectStore.endpoint=';

function settingsOf(flags: BoundedFlags, store: TestStore, proxy: TcpProxy): string[] {
  return [
    `objectStore.url=${store.url}`,
    ...store.set.filter((one) => !one.startsWith(endpointKey)),
    `${endpointKey}http://127.0.0.1:${proxy.port}`,
    `chunks.sealAfterBytes=${flags['seal-bytes']}`,
    `chunks.mergeTargetBytes=${flags['seal-bytes'] * 4}`,
    `chunks.maxCandidates=${maxCandidates}`,
    // What is kept for a while has its time several times during the run.
    'chunks.gcMinAgeMs=30000',
    'chunks.checkpointEveryMs=5000',
    'idempotency.windowMs=60000',
    // Write-ahead logs, six times the memtables, and the shards' logs reach their bounds while there are few links.
    'rocksdb.memtableBytes=8MiB',
    'raft.compactBytes=8MiB',
    // Every redirect asks the tiers.
    'redirect.cacheBytes=0',
  ];
}

/** A way to the store that can be cut. */
async function proxyTo({ set }: TestStore): Promise<TcpProxy> {
  const endpoint = set.find((one) => one.startsWith(endpointKey))?.slice(endpointKey.length);
  const { hostname, port } = new URL(defined(endpoint, 'the endpoint of the store'));
  return TcpProxy.open({ host: hostname, port: Number(port) });
}

/** Loads, looks, breaks, and reads everything back. */
export async function runBounded(flags: BoundedFlags, events: LoadHooks): Promise<BoundedReport> {
  const folder = join(resolve(flags.data), `run-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  await using store = await s3Store();
  events.onStarted(async () => store[Symbol.asyncDispose]());
  await using proxy = await proxyTo(store);
  const settings = settingsOf(flags, store, proxy);
  const basePort = flags['base-port'];
  const oldFolder = join(folder, 'nodes');
  let cluster = await LocalCluster.start({ folder: oldFolder, nodes, basePort, set: settings });
  const onCluster = (started: LocalCluster): void => {
    cluster = started;
    events.onStarted(async () => started.stop());
  };
  onCluster(cluster);
  try {
    const generated = Math.max(100_000, Math.round(flags.links * 1.1) - realLinks);
    const input = await openUrlStream(join(resolve(flags.data), 'packages'), events.note, generated);
    const linkFile = join(folder, 'links.txt');
    const loaded = await loadAndLook({ cluster, flags, events, input, linkFile, proxy });
    const total = loaded.created * nodes;
    const links = await linksByCode(linkFile);
    const readAll = await readThroughAll(cluster, links, (done) => events.progress('reading', done, total));
    events.note(`${readAll.read} answers in ${Math.round(readAll.seconds)} s, ${readAll.wrongCount} wrong`);
    const lost = await disaster({
      cluster,
      storeUrl: store.url,
      set: settings,
      folder: join(folder, 'rebuilt'),
      oldFolder,
      basePort: basePort + 10,
      links,
      onCluster,
      onProgress: (label, done) => events.progress(label, done, loaded.created),
    });
    const hotKeysSlack = flags['seal-bytes'] / rowBytes;
    return { ...loaded, verdicts: verdicts(loaded.looks, hotKeysSlack), readAll, disaster: lost };
  } finally {
    await cluster.stop();
    if (!flags.keep) rmSync(folder, { recursive: true, force: true });
  }
}

interface LoadAndLook {
  readonly cluster: LocalCluster;
  readonly flags: BoundedFlags;
  readonly events: LoadHooks;
  readonly input: UrlStream;
  readonly linkFile: string;
  readonly proxy: TcpProxy;
}

async function loadAndLook(run: LoadAndLook) {
  const { cluster, flags, events, input, linkFile, proxy } = run;
  const writer = new LinkFileWriter(linkFile);
  const apis = cluster.nodes.map(({ api }) => api);
  const looks: Look[] = [];
  let whileCut: ReadBackResult | undefined;
  let created = 0;
  let seconds = 0;
  for (const share of shares) {
    const mark = Math.round(flags.links * share);
    while (created < mark) {
      const before = created;
      const onProgress = (done: number): void => events.progress('creating', before + done, flags.links);
      const limit = Math.min(mark - created, noteEvery);
      // Small batches, so that a machine that is busy with other things keeps up.
      const part = await loadLinks(input.links, writer, { apis, limit, onProgress, batchLinks: 250 });
      if (part.created === 0) throw new Error(`there are only ${created} URLs`);
      created += part.created;
      seconds += part.seconds;
      events.note(`${created} links, ${Math.round(part.created / part.seconds)}/s`);
    }
    await settled(cluster, maxCandidates);
    const sample = await sampleOf(linkFile, created, sampleLinks);
    const whileLost = async (): Promise<void> => {
      proxy.cut();
      const alive = await aliveRedirects(cluster);
      const many = await sampleOf(linkFile, created, cutSampleLinks);
      whileCut = await readFor(alive, many, flags['cut-seconds'] * 1000);
      proxy.mend();
    };
    const isLast = share === shares.at(-1);
    const seen = await look(cluster, created, sample, isLast ? whileLost : undefined);
    looks.push(seen);
    events.note(JSON.stringify(seen));
  }
  await writer.close();
  await input.links.return(undefined);
  return { created, createdPerSecond: created / seconds, looks, whileCut: defined(whileCut, 'reads') };
}

async function aliveRedirects(cluster: LocalCluster): Promise<string[]> {
  const answers = cluster.nodes.map(async ({ ops, redirect }) =>
    fetch(`${ops}/readyz`).then(
      () => [redirect],
      () => [],
    ),
  );
  return (await Promise.all(answers)).flat();
}

/** Links spread evenly over all of them. What was written last may not be in the file yet. */
async function sampleOf(linkFile: string, links: number, count: number): Promise<CreatedLink[]> {
  const step = Math.max(1, Math.floor(links / count));
  const sample: CreatedLink[] = [];
  let index = 0;
  for await (const link of readLinkFile(linkFile)) {
    if (index++ % step === 0 && link.url !== '') sample.push(link);
  }
  return sample;
}
