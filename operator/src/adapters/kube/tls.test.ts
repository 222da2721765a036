// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RecordingMetrics } from '../../runtime/testing/recorders.ts';
import { systemClock } from '../system-clock.ts';
import { connectKube } from './connect.ts';
import type { Kube } from './connect.ts';

const maps = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const key = { namespace: 'ns', name: 'a' };
const never = new AbortController().signal;

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasOpenssl())('TLS (needs the openssl program for its certificates)', () => {
  let folder: string;
  let server: Server | undefined;
  let kube: Kube | undefined;

  const file = (name: string) => join(folder, name);

  /** A certificate for the loopback that vouches for itself. */
  function makePair(name: string): void {
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const args = ['req', '-x509', ...newKey, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`), ...subject];
    execFileSync('openssl', args, { stdio: 'ignore' });
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kube-tls-'));
    for (const name of ['server', 'stranger', 'user']) makePair(name);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => {
    kube?.close();
    server?.close();
    server?.closeAllConnections();
  });

  /** An API server that answers with who asked. */
  async function serve(pair: string): Promise<string> {
    const options = {
      cert: readFileSync(file(`${pair}.pem`)),
      key: readFileSync(file(`${pair}.key`)),
      ca: readFileSync(file('user.pem')),
      requestCert: true,
      rejectUnauthorized: false,
    };
    const started = createServer(options, (request, response) => {
      const socket = request.socket as TLSSocket;
      const user = socket.authorized ? String(socket.getPeerCertificate().subject.CN) : 'nobody';
      const annotations = { user, authorization: request.headers.authorization ?? '' };
      response.end(JSON.stringify({ metadata: { name: 'a', annotations } }));
    });
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    const address = started.address();
    return `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  function connect(url: string, user: object): Kube {
    const config = new KubeConfig();
    const cluster = { name: 'c', server: url, caFile: file('ca.pem'), skipTLSVerify: false };
    config.loadFromClusterAndUser(cluster, { name: 'u', ...user });
    kube = connectKube({ config, clock: systemClock, metrics: new RecordingMetrics(), userAgent: 'test' });
    return kube;
  }

  test('a server of another authority is refused, until the file of the authority names it', async () => {
    const { api } = connect(await serve('server'), { token: 'secret' });
    writeFileSync(file('ca.pem'), readFileSync(file('stranger.pem')));
    await expect(api.get(maps, key, never)).rejects.toMatchObject({ name: 'KubeError', status: 0 });
    writeFileSync(file('ca.pem'), readFileSync(file('server.pem')));
    expect((await api.get(maps, key, never))?.metadata.annotations).toEqual({
      user: 'nobody',
      authorization: 'Bearer secret',
    });
  });

  test('a certificate says who asks', async () => {
    writeFileSync(file('ca.pem'), readFileSync(file('server.pem')));
    const { api } = connect(await serve('server'), { certFile: file('user.pem'), keyFile: file('user.key') });
    expect((await api.get(maps, key, never))?.metadata.annotations).toEqual({ user: 'user', authorization: '' });
  });

  test('the token of a pod is read from its file', async () => {
    writeFileSync(file('ca.pem'), readFileSync(file('server.pem')));
    writeFileSync(file('token'), 'from-file\n');
    const authProvider = { name: 'tokenFile', config: { tokenFile: file('token') } };
    const { api } = connect(await serve('server'), { authProvider });
    expect((await api.get(maps, key, never))?.metadata.annotations?.['authorization']).toBe('Bearer from-file');
  });
});
