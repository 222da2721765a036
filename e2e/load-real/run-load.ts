// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defined } from '@shortlink/common/assert.ts';
import type { LoadHooks } from '../harness/load-command.ts';
import { diskUseOf, memoryUseOf } from './cluster/footprint.ts';
import { LocalCluster } from './cluster/local-cluster.ts';
import { measureRestart, type Restart } from './cluster/restart.ts';
import { openUrlStream } from './input/url-stream.ts';
import { LinkFileWriter, readLinkFile, type CreatedLink } from './load/link-file.ts';
import { loadLinks } from './load/load-links.ts';
import { readBack } from './load/read-back.ts';
import type { LoadFlags } from './options.ts';
import type { LoadReport, NodeUse } from './report/load-report.ts';

const sampleLinks = 1000;
/** All URLs of the packages and the generated ones. */
const allLinks = 1_815_900;

/** Loads the links, reads them back, and measures what they cost. */
export async function runLoad(flags: LoadFlags, events: LoadHooks): Promise<LoadReport> {
  const folder = join(resolve(flags.data), `run-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  let cluster: LocalCluster | undefined;
  try {
    const input = await openUrlStream(join(resolve(flags.data), 'packages'), events.note);
    if (flags.api.length === 0) {
      cluster = await LocalCluster.start({
        folder: join(folder, 'nodes'),
        nodes: flags.nodes,
        basePort: flags['base-port'],
      });
      events.onStarted(cluster.stop.bind(cluster));
    }
    const apis = cluster?.nodes.map((node) => node.api) ?? flags.api.map(withoutSlash);
    const redirects = cluster?.nodes.map((node) => node.redirect) ?? flags.redirect.map(withoutSlash);

    const linkFile = join(folder, 'links.txt');
    const writer = new LinkFileWriter(linkFile);
    const limit = flags.limit ?? Infinity;
    const expected = Math.min(limit, allLinks);
    const onProgress = (done: number): void => events.progress('creating', done, expected);
    const load = await loadLinks(input.links, writer, { apis, limit, onProgress });
    await writer.close();
    await input.links.return(undefined);

    const read = await readBack(readLinkFile(linkFile), {
      redirects,
      listenerOf: (link) => (link.api + 1) % redirects.length,
      onProgress: (done) => events.progress('reading back', done, load.created),
    });
    const nodes = cluster === undefined ? [] : cluster.nodes.map(useOf);
    const restarts = cluster === undefined ? [] : await restartsOf(cluster, linkFile, load.created, events);
    return {
      created: load.created,
      createdPerSecond: load.created / load.seconds,
      createSeconds: load.seconds,
      duplicates: input.duplicates(),
      urlMeanBytes: load.urlBytes / Math.max(1, load.created),
      refused: Object.fromEntries(load.refused),
      altered: load.altered,
      readBack: { ...read, perSecond: read.read / read.seconds },
      nodes,
      restarts,
    };
  } finally {
    await cluster?.stop();
    if (!flags.keep) rmSync(folder, { recursive: true, force: true });
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function useOf(node: LocalCluster['nodes'][number]): NodeUse {
  return { name: node.name, disk: diskUseOf(node), memory: memoryUseOf(node) };
}

/** An orderly end and a kill of the first node. */
async function restartsOf(
  cluster: LocalCluster,
  linkFile: string,
  links: number,
  events: LoadHooks,
): Promise<Restart[]> {
  const node = defined(cluster.nodes[0], 'the first node');
  const sample = await sampleOf(linkFile, links);
  const restarts: Restart[] = [];
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    events.progress(`restart after ${signal}`, 0, 0);
    restarts.push(await measureRestart(cluster, node, signal, sample));
  }
  return restarts;
}

/** Links spread evenly over all of them. */
async function sampleOf(linkFile: string, links: number): Promise<CreatedLink[]> {
  const step = Math.max(1, Math.floor(links / sampleLinks));
  const sample: CreatedLink[] = [];
  let index = 0;
  for await (const link of readLinkFile(linkFile)) if (index++ % step === 0) sample.push(link);
  return sample;
}
