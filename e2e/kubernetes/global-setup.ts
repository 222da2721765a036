// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { root } from '../harness/program.ts';
import type { Installed } from './providers/installed.ts';
import { objectStoreOfEnvironment, openExisting } from './providers/existing/existing-provider.ts';
import { docker, inspect } from './providers/kind/docker.ts';
import { KindCluster } from './providers/kind/kind-cluster.ts';
import { openKind } from './providers/kind/kind-provider.ts';
import { removeS3Container, startS3Container } from './providers/kind/s3-container.ts';
import { HelmOperator } from './providers/kubectl/helm-operator.ts';
import { run, runLoudly } from './providers/kubectl/run.ts';

const reports = join(root, '.reports', 'kubernetes');
const buildTag = 'e2e';
const buildLimitMs = 30 * 60_000;
const programs = ['node', 'operator'] as const;

/**
 * Before the first scenario: a Kubernetes, the images in it, the operator from its chart, an object store. After the last
 * one all of it goes, unless E2E_KEEP is set.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  rmSync(reports, { recursive: true, force: true });
  const isKind = (process.env['E2E_PROVIDER'] ?? 'kind') === 'kind';
  const { made, end } = isKind ? await setUpKind() : { made: await setUpExisting(), end: async () => {} };
  try {
    if (made.namespace !== undefined) await makeNamespace(made.namespace, made.kubeconfig);
    await new HelmOperator({ ...made, watchNamespace: made.namespace }).install();
  } catch (error) {
    await end();
    throw error;
  }
  project.provide('kubernetes', made);
  mkdirSync(reports, { recursive: true });
  writeFileSync(join(reports, 'versions.json'), JSON.stringify(await versionsOf(made), undefined, 2));
  return end;
}

async function versionsOf(made: Installed): Promise<Readonly<Record<string, string>>> {
  await using provider = made.kindCluster === undefined ? openExisting(made) : openKind(made);
  const revision = (await run('git', ['rev-parse', '--short', 'HEAD']).catch(() => 'unknown')).trim();
  return { 'this project': revision, images: made.tag, 'Node.js': process.version, ...(await provider.versions()) };
}

/** The roles of an operator that looks after one namespace are in it. */
async function makeNamespace(name: string, kubeconfig: string): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await run('kubectl', ['--kubeconfig', kubeconfig, 'apply', '--server-side', '-f', '-'], { input });
}

interface Setup {
  readonly made: Installed;
  readonly end: () => Promise<void>;
}

async function setUpKind(): Promise<Setup> {
  const name = process.env['E2E_CLUSTER'] ?? 'shortlink-e2e';
  const isKept = process.env['E2E_KEEP'] !== undefined;
  const found = await KindCluster.find(name);
  if (found !== undefined && !isKept)
    throw new Error(`there is a kind cluster ${name} already: kind delete cluster --name ${name}, or set E2E_KEEP=1`);
  const given = givenTags();
  const tags = given ?? (await buildImages());
  const cluster = found ?? (await KindCluster.create(name));
  const end = async (): Promise<void> => {
    if (isKept) {
      cluster.forget();
      return;
    }
    await removeS3Container(name);
    await cluster.delete();
  };
  try {
    if (given === undefined) await cluster.load(...imagesOf(tags.tag), ...imagesOf(tags.nextTag));
    const objectStore = await startS3Container(name);
    const { kubeconfig } = cluster;
    const namespace = process.env['E2E_NAMESPACE'];
    return {
      made: { ...tags, kubeconfig, kindCluster: name, namespace, ownCrd: found !== undefined, objectStore },
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** E2E_LOAD is a command that brings an image, its last argument, to the machines. */
async function setUpExisting(): Promise<Installed> {
  const kubeconfig = process.env['KUBECONFIG'];
  if (kubeconfig === undefined) throw new Error('E2E_PROVIDER=existing needs KUBECONFIG');
  const tags = givenTags() ?? (await buildImages());
  const load = process.env['E2E_LOAD'];
  if (load !== undefined) {
    for (const image of [...imagesOf(tags.tag), ...imagesOf(tags.nextTag)])
      await runLoudly('sh', ['-c', `${load} "$1"`, 'sh', image], { limitMs: buildLimitMs });
  }
  return {
    ...tags,
    kubeconfig,
    namespace: process.env['E2E_NAMESPACE'],
    ownCrd: false,
    objectStore: objectStoreOfEnvironment(),
  };
}

interface Tags {
  readonly tag: string;
  readonly nextTag: string;
}

/** Of images that are on the machines already. */
function givenTags(): Tags | undefined {
  const tag = process.env['E2E_TAG'];
  return tag === undefined ? undefined : { tag, nextTag: `${tag}-next` };
}

function imagesOf(tag: string): string[] {
  return programs.map((program) => `shortlink/${program}:${tag}`);
}

/** Tags name what is in the images: what has changed is another image to Kubernetes, and what has not is there already. */
async function buildImages(): Promise<Tags> {
  await runLoudly('make', ['images', `TAG=${buildTag}`], { limitMs: buildLimitMs });
  const ids = await Promise.all(imagesOf(buildTag).map(async (image) => inspect('image', image, '{{.Id}}')));
  const content = ids.map((id) => id?.replace('sha256:', '').slice(0, 6) ?? '').join('');
  const tags = { tag: `${buildTag}-${content}`, nextTag: `${buildTag}-${content}-next` };
  for (const program of programs) {
    for (const tag of Object.values(tags))
      await docker('tag', `shortlink/${program}:${buildTag}`, `shortlink/${program}:${tag}`);
  }
  return tags;
}
