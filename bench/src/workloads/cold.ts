// SPDX-License-Identifier: Apache-2.0
import { realUrls } from '../chunks/real-links.ts';
import { farStore, whyNoFarStore, type FarStore } from '../cold/far-store.ts';
import { oneOfEachBlock, placeLinks, type PlacedLinks } from '../cold/placed-links.ts';
import { readOneByOne } from '../cold/serial-reads.ts';
import type { Processes } from '../processes.ts';
import { renderTable } from '../report/text.ts';
import { killNode, startDevCluster, startNode, type DevCluster, type NodeOfCluster } from '../shortlink/dev-cluster.ts';
import { createLinks, type LinkRow, type SeededLink } from '../shortlink/seed-links.ts';
import type { BenchPlan } from './plan.ts';

export interface ColdPlan extends Pick<BenchPlan, 'folder' | 'basePort' | 'progress' | 'note'> {
  /** Where the package with the URLs is kept. */
  readonly packages: string;
  readonly links: number;
}

/** Reads of one kind, through the first node. */
export interface ColdClass {
  readonly what: string;
  readonly reads: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Ranged reads of chunks that the object store saw for each redirect, and their bytes. */
  readonly requestsPerRead: number;
  readonly bytesPerRead: number;
  readonly largestBytes: number;
}

export interface ColdReport {
  readonly classes: readonly ColdClass[];
  readonly text: string;
}

/** Half of a round trip. */
const delayMs = 25;
const chunksMax = 12;
/** Chunks of each node that are read, at least. */
const chunksOfEach = 2;
const creators = 10_000;
/** More than a block of 32,512 bytes holds. */
const blockRows = 500;

const settings = [
  'chunks.redundancy=1',
  'chunks.maxCandidates=64',
  `chunks.sealAfterBytes=${2 ** 30}`,
  // Every block that is read comes from where it lies.
  `chunks.blockCacheBytes=${2 ** 20}`,
  'redirect.cacheBytes=0',
  // Nothing but reads of chunks passes the proxy meanwhile.
  'chunks.checkpointEveryMs=3600000',
];

/** Redirects of links in every tier, one after the other; undefined when no S3 server can be started. */
export async function benchCold(plan: ColdPlan, processes: Processes): Promise<ColdReport | undefined> {
  const why = whyNoFarStore();
  if (why !== undefined) {
    plan.note(`cold reads are not measured: ${why}`);
    return undefined;
  }
  const store = await farStore(delayMs);
  processes.add(store.stop);
  const cluster = await startDevCluster(processes, {
    folder: `${plan.folder}/nodes`,
    nodes: 3,
    basePort: plan.basePort,
    settings: [...settings, ...store.settings],
  });
  const { placed, hot } = await load(plan, cluster);
  const classes = await measure(plan, { cluster, processes, store, placed, hot });
  return { classes, text: render(classes, placed) };
}

async function load(plan: ColdPlan, cluster: DevCluster) {
  const urls = await realUrls(plan.packages, plan.links);
  const rows = urls.map((url, i): LinkRow => ({ url, creatorId: `creator-${i % creators}` }));
  const each = Math.floor(rows.length / (chunksMax + 1));
  const placed: PlacedLinks[] = [];
  const hasEnough = (): boolean =>
    cluster.nodes.every(({ name }) => placed.filter(({ holder }) => holder === name).length >= chunksOfEach);
  while (placed.length < chunksMax && !hasEnough()) {
    plan.progress(`making chunk ${placed.length + 1}`);
    placed.push(await placeLinks(cluster, rows.slice(placed.length * each, (placed.length + 1) * each)));
  }
  const [first] = cluster.nodes;
  if (first === undefined) throw new Error('there are no nodes');
  const hot = await createLinks(first, rows.slice(chunksMax * each));
  return { placed, hot };
}

interface Loaded {
  readonly cluster: DevCluster;
  readonly processes: Processes;
  readonly store: FarStore;
  readonly placed: readonly PlacedLinks[];
  readonly hot: readonly SeededLink[];
}

async function measure(plan: ColdPlan, loaded: Loaded): Promise<ColdClass[]> {
  const { cluster, processes, store, placed, hot } = loaded;
  const [reader, near, far] = cluster.nodes;
  if (reader === undefined || near === undefined || far === undefined) throw new Error('three nodes are needed');
  const of = (node: NodeOfCluster): SeededLink[] =>
    placed.filter(({ holder }) => holder === node.name).flatMap((one) => oneOfEachBlock(one, blockRows));
  const classOf = async (what: string, links: readonly SeededLink[]): Promise<ColdClass> => {
    plan.progress(what);
    store.log.take();
    const latencies = await readOneByOne(reader.redirect, links);
    const gets = store.log
      .take()
      .filter(({ path, rangeBytes }) => path.includes('/chunks/') && rangeBytes !== undefined);
    const sizes = gets.map(({ rangeBytes = 0 }) => rangeBytes);
    return {
      what,
      reads: latencies.total,
      p50Ms: latencies.percentileMs(50),
      p99Ms: latencies.percentileMs(99),
      requestsPerRead: sizes.length / latencies.total,
      bytesPerRead: sizes.reduce((sum, size) => sum + size, 0) / latencies.total,
      largestBytes: Math.max(0, ...sizes),
    };
  };
  const some = hot.filter((_, i) => i % 20 === 0);
  // Once before it counts: programs are compiled while they run.
  await readOneByOne(reader.redirect, some);
  const classes = [await classOf('hot', some)];
  const local = of(reader);
  await readOneByOne(reader.redirect, local);
  classes.push(await classOf('copy on this node', local), await classOf('copy on another node', of(near)));
  classes.push(await classOf('the same again, from the disk cache', of(near)));
  await killNode(far);
  // What it has read so far is gone with it.
  await killNode(reader);
  await startNode(processes, reader);
  await readOneByOne(reader.redirect, some);
  // Chunks whose only holder is gone. One link of each opens them.
  const remote = placed.filter(({ holder }) => holder === far.name);
  const openers = remote.flatMap(({ links }) => links.slice(1, 2));
  classes.push(await classOf('object store, first read of a chunk', openers));
  classes.push(await classOf('object store, chunk is open', of(far)));
  classes.push(await classOf('the same again, from the disk cache', of(far)));
  return classes;
}

function render(classes: readonly ColdClass[], placed: readonly PlacedLinks[]): string {
  const ms = (value: number): string => value.toFixed(2);
  const rows = classes.map((one) => [
    one.what,
    String(one.reads),
    ms(one.p50Ms),
    ms(one.p99Ms),
    one.requestsPerRead.toFixed(3),
    (one.bytesPerRead / 1024).toFixed(1),
    (one.largestBytes / 1024).toFixed(1),
  ]);
  const links = placed.reduce((sum, one) => sum + one.links.length, 0);
  return [
    `${links.toLocaleString('en-US')} links of real URLs in ${placed.length} chunks of one copy each; the object store is 50 ms away (25 ms in each direction); one redirect after the other through one node of three`,
    renderTable(['the link is', 'redirects', 'p50 ms', 'p99 ms', 'GETs each', 'KiB each', 'largest KiB'], rows),
  ].join('\n\n');
}
