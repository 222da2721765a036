// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { defined } from '@shortlink/common/assert.ts';
import type { KeyedCertificate, Validity } from '../ports/pki.ts';
import { nodePki } from './node-pki.ts';

const dayMs = 86_400_000;
const names = ['*.links-nodes.web.svc', 'links-nodes.web.svc'];

function lasting(days: number): Validity {
  const nowMs = Date.now();
  return { notBeforeMs: nowMs - 60_000, notAfterMs: nowMs + days * dayMs };
}

interface Side extends KeyedCertificate {
  readonly ca: string;
}

function side(authority: KeyedCertificate, ca = authority.certificate): Side {
  return { ...nodePki.issue(authority, 'links nodes', names, lasting(1)), ca };
}

/** Whether two sides that want each other's certificate come together, and why not. */
async function meet(server: Side, client: Side, servername = 'links-0.links-nodes.web.svc'): Promise<string> {
  const listener = createServer({
    cert: server.certificate,
    key: server.key,
    ca: server.ca,
    requestCert: true,
    rejectUnauthorized: true,
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const accepted = new Promise<string>((resolve) => {
    listener.once('secureConnection', (socket: TLSSocket) => socket.end('welcome'));
    listener.once('tlsClientError', (error) => resolve(error.message));
  });
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername,
    cert: client.certificate,
    key: client.key,
    ca: client.ca,
  });
  const heard = new Promise<string>((resolve) => {
    socket.once('data', (data: Buffer) => resolve(data.toString()));
    socket.once('error', (error) => resolve(error.message));
  });
  try {
    return await Promise.race([accepted, heard]);
  } finally {
    socket.destroy();
    listener.close();
  }
}

describe('certificates', () => {
  const ours = nodePki.newAuthority('links CA', lasting(3650));
  const theirs = nodePki.newAuthority('links CA', lasting(3650));

  it('say what they were made for', () => {
    const validity = { notBeforeMs: Date.UTC(2030, 0, 1), notAfterMs: Date.UTC(2060, 0, 1) };
    const leaf = nodePki.issue(ours, 'links nodes', names, validity);
    const [facts] = defined(nodePki.read(leaf.certificate), 'facts');
    expect(facts).toMatchObject({ ...validity, dnsNames: names, isAuthority: false, pem: leaf.certificate });
    const [ca, other] = defined(nodePki.read(`text\n${ours.certificate}${theirs.certificate}`), 'facts');
    expect(ca).toMatchObject({ isAuthority: true, dnsNames: [] });
    expect(other?.fingerprint).not.toBe(ca?.fingerprint);
  });

  it('belong to their keys and to their CAs, and to no others', () => {
    const leaf = side(ours);
    expect(nodePki.belongs(leaf)).toBe(true);
    expect(nodePki.belongs({ ...leaf, key: ours.key })).toBe(false);
    expect(nodePki.isSignedBy(leaf.certificate, ours.certificate)).toBe(true);
    expect(nodePki.isSignedBy(leaf.certificate, theirs.certificate)).toBe(false);
    expect(nodePki.isSignedBy(ours.certificate, leaf.certificate)).toBe(false);
  });

  it.each(['', 'no certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    'are not found in %j',
    (text) => {
      expect(nodePki.read(text)).toBeUndefined();
      expect(nodePki.belongs({ certificate: text, key: text })).toBe(false);
      expect(nodePki.isSignedBy(text, ours.certificate)).toBe(false);
    },
  );
});

describe('mutual TLS', () => {
  const ours = nodePki.newAuthority('links CA', lasting(3650));
  const theirs = nodePki.newAuthority('links CA', lasting(3650));

  it('brings the nodes of a cluster together, by the names of their pods', async () => {
    expect(await meet(side(ours), side(ours))).toBe('welcome');
    expect(await meet(side(ours), side(ours), 'links-nodes.web.svc')).toBe('welcome');
    expect(await meet(side(ours), side(ours), 'links-0.other-nodes.web.svc')).toContain('does not match');
  });

  it('keeps out whoever shows a certificate of another CA, on either side', async () => {
    expect(await meet(side(theirs), side(ours))).toMatch(/unable to (?:get|verify)|self-signed|certificate/);
    // It is the listener that refuses, after the caller was content: what the caller hears of it depends on who is faster.
    expect(await meet(side(ours), side(theirs, ours.certificate))).not.toBe('welcome');
  });

  it('goes on at every step of a change of the CA', async () => {
    const both = `${theirs.certificate}${ours.certificate}`;
    const steps = [side(ours), side(ours, both), side(theirs, both), side(theirs)];
    // At any moment some nodes have done the next step, and others have not.
    for (const [i, step] of steps.entries()) {
      const next = steps[i + 1] ?? step;
      for (const server of [step, next])
        for (const client of [step, next]) expect(await meet(server, client)).toBe('welcome');
    }
    expect(await meet(defined(steps[3], 'last'), defined(steps[0], 'first'))).not.toBe('welcome');
  });
});
