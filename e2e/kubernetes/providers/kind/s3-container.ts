// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectStore } from '../../provider.ts';
import { run } from '../kubectl/run.ts';
import { docker, inspect } from './docker.ts';

/** An S3 server that keeps objects as files; one container is all that it needs. */
const version = 'v1.8.0';
const published = `versity/versitygw:${version}`;
const module = 'github.com/versity/versitygw/cmd/versitygw';
const program = '/usr/local/bin/versitygw';
const entrypoint = `ENTRYPOINT ["${program}"]`;
const port = 7070;
const bucket = 'chunks';
const region = 'us-east-1';
/** Of a server that lives for the tests, on a network of theirs. */
const credentials = { AWS_ACCESS_KEY_ID: 'shortlink-e2e', AWS_SECRET_ACCESS_KEY: 'of-the-tests-only' } as const;
const buildLimitMs = 20 * 60_000;

/** Starts the server beside the machines of a kind cluster; pods find it by the name of its container. */
export async function startS3Container(cluster: string): Promise<Omit<ObjectStore, 'away' | 'back'>> {
  const name = containerOf(cluster);
  if ((await inspect('container', name, '{{.State.Running}}')) === undefined) {
    const env = ['-e', `ROOT_ACCESS_KEY=${credentials.AWS_ACCESS_KEY_ID}`];
    env.push('-e', `ROOT_SECRET_KEY=${credentials.AWS_SECRET_ACCESS_KEY}`);
    const args = ['--port', `:${port}`, '--region', region, '--quiet', '--iam-dir', '/data/iam', 'posix'];
    const image = await imageWithBucket();
    await docker('run', '-d', '--name', name, '--network', 'kind', ...env, image, ...args, '/data/objects');
  }
  await docker('start', name);
  return { bucket, endpoint: `http://${name}:${port}`, region, credentials };
}

export async function removeS3Container(cluster: string): Promise<void> {
  await docker('rm', '--force', '--volumes', containerOf(cluster));
}

export function s3Container(cluster: string, store: Omit<ObjectStore, 'away' | 'back'>): ObjectStore {
  const name = containerOf(cluster);
  return {
    ...store,
    away: async () => void (await docker('stop', '--time', '1', name)),
    back: async () => void (await docker('start', name)),
  };
}

function containerOf(cluster: string): string {
  return `${cluster}-s3`;
}

/** A folder is a bucket to this server, so that nobody has to make one. */
async function imageWithBucket(): Promise<string> {
  const tag = `shortlink/e2e-s3:${version}`;
  if ((await inspect('image', tag, '{{.Id}}')) !== undefined) return tag;
  const folder = mkdtempSync(join(tmpdir(), 'shortlink-s3-image-'));
  try {
    mkdirSync(join(folder, 'data', 'iam'), { recursive: true });
    mkdirSync(join(folder, 'data', 'objects', bucket), { recursive: true });
    const lines = await serverLines(folder);
    writeFileSync(join(folder, 'Dockerfile'), [...lines, 'COPY data /data', 'VOLUME /data', ''].join('\n'));
    await docker('build', '--quiet', '--tag', tag, folder);
    return tag;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** From the image that its makers publish or, where no registry is reached, compiled with Go. */
async function serverLines(folder: string): Promise<readonly string[]> {
  try {
    if ((await inspect('image', published, '{{.Id}}')) === undefined) await docker('pull', '--quiet', published);
    return [`FROM ${published}`, entrypoint];
  } catch {
    const env = { CGO_ENABLED: '0', GOOS: 'linux', GOBIN: folder, GOFLAGS: '' };
    await run('go', ['install', '-trimpath', `${module}@${version}`], { limitMs: buildLimitMs, env });
    return ['FROM scratch', `COPY versitygw ${program}`, entrypoint];
  }
}
