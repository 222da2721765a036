// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8, utf8 } from '@shortlink/common/bytes.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { frameOf, RecordingHandler } from '../../ports/testing/peers-contract.ts';
import { PeerCertificates, type PeerTls } from './peer-certificates.ts';
import { GrpcFixture } from './testing/grpc-fixture.ts';

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A new CA, and a certificate of it for the loopback address. */
function makeTls(folder: string, name: string): PeerTls {
  const file = (suffix: string) => join(folder, `${name}-${suffix}`);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
    '-days',
    '2',
    '-subj',
    `/CN=${name} CA`,
  );
  openssl('req', ...newKey, '-keyout', file('node.key'), '-out', file('node.csr'), '-subj', `/CN=${name} node`);
  writeFileSync(file('extensions'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const authority = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial'];
  openssl(
    'x509',
    '-req',
    '-in',
    file('node.csr'),
    ...authority,
    '-out',
    file('node.pem'),
    '-days',
    '2',
    '-extfile',
    file('extensions'),
  );
  return {
    ca: readFileSync(file('ca.pem')),
    cert: readFileSync(file('node.pem')),
    key: readFileSync(file('node.key')),
  };
}

function certificatesOf(tls: PeerTls | undefined): PeerCertificates | undefined {
  return tls === undefined ? undefined : new PeerCertificates(tls);
}

describe.skipIf(!hasOpenssl())('mutual TLS between nodes (needs the openssl program for its certificates)', () => {
  let folder: string;
  let ours: PeerTls;
  let theirs: PeerTls;
  let fixture: GrpcFixture;
  let handlers: { a: RecordingHandler; b: RecordingHandler };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'peer-tls-'));
    ours = makeTls(folder, 'ours');
    theirs = makeTls(folder, 'theirs');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    fixture = new GrpcFixture();
    handlers = { a: new RecordingHandler(), b: new RecordingHandler() };
  });
  afterEach(async () => fixture.dispose());

  async function nodes(tls: { a: PeerTls | undefined; b: PeerTls | undefined }) {
    const certificates = { a: certificatesOf(tls.a), b: certificatesOf(tls.b) };
    const a = await fixture.addNode({ nodeId: 'node-a', clusterId: 'c', handler: handlers.a, tls: certificates.a });
    const b = await fixture.addNode({ nodeId: 'node-b', clusterId: 'c', handler: handlers.b, tls: certificates.b });
    a.peers.setPeers(new Map([['node-b', b.address]]));
    return { a, b, certificates };
  }

  it('carries frames and questions between nodes with certificates of one CA', async () => {
    const { a, b } = await nodes({ a: ours, b: ours });
    await fixture.until(() => a.peers.isConnected('node-b') && b.peers.isConnected('node-a'));
    b.peers.send('node-a', frameOf({ mapEpoch: 3 }));
    await fixture.until(() => handlers.a.frames.length === 1);
    expect(fromUtf8(await a.peers.ask(b.address, utf8('who'), 10_000))).toBe('answer to who');
  });

  it('keeps what is connected, and connects anew with the certificates of the moment', async () => {
    const both = Buffer.concat([ours.ca, theirs.ca]);
    const { a, b, certificates } = await nodes({ a: ours, b: ours });
    await fixture.until(() => a.peers.isConnected('node-b'));
    // As a CA is replaced: both are believed first, then the certificates change one by one, then the old CA goes.
    for (const side of [certificates.a, certificates.b]) side?.replace({ ...ours, ca: both });
    certificates.b?.replace({ ...theirs, ca: both });
    expect(a.peers.isConnected('node-b')).toBe(true);
    const c = await fixture.addNode({
      nodeId: 'node-c',
      clusterId: 'c',
      handler: new RecordingHandler(),
      tls: new PeerCertificates(theirs),
    });
    expect(fromUtf8(await c.peers.ask(b.address, utf8('who'), 10_000))).toBe('answer to who');
    certificates.a?.replace(theirs);
    expect(fromUtf8(await c.peers.ask(a.address, utf8('who'), 10_000))).toBe('answer to who');
    // Who still shows the old certificate is a stranger where the old CA has gone.
    certificates.b?.replace(theirs);
    const late = await fixture.addNode({
      nodeId: 'node-d',
      clusterId: 'c',
      handler: new RecordingHandler(),
      tls: new PeerCertificates({ ...ours, ca: both }),
    });
    await expect(late.peers.ask(b.address, utf8('who'), 2000)).rejects.toThrow();
  });

  it.each([
    'a caller without a certificate',
    'a caller of another CA',
    'a listener without TLS',
    'a listener of another CA',
  ])('does not connect to %s', async (whom) => {
    const foreign: PeerTls = whom.startsWith('a caller') ? { ...theirs, ca: ours.ca } : { ...theirs };
    const sides = {
      'a caller without a certificate': { a: undefined, b: ours },
      'a caller of another CA': { a: foreign, b: ours },
      'a listener without TLS': { a: ours, b: undefined },
      'a listener of another CA': { a: ours, b: foreign },
    }[whom];
    if (sides === undefined) throw new Error(whom);
    const { a, b } = await nodes(sides);
    await fixture.until(() => a.observer.lines.some((line) => line.includes('no stream to a peer')));
    await expect(a.peers.ask(b.address, utf8('who'), 2000)).rejects.toThrow();
    expect(a.peers.isConnected('node-b') || b.peers.isConnected('node-a')).toBe(false);
  });
});
