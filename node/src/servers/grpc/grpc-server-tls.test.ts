// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { Client, credentials, status } from '@grpc/grpc-js';
import { AdminService, GetStatusRequestSchema } from '@shortlink/proto/admin.ts';
import { serviceClient } from '@shortlink/proto/grpc-service.ts';
import { GetRequestSchema, KvService } from '@shortlink/proto/kv.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { newAuthenticator } from '../auth.ts';
import { testTokens } from '../testing/api-fixture.ts';
import { asAdmin, asApp, startGrpc } from './testing/grpc-fixture.ts';
import type { GrpcFixture } from './testing/grpc-fixture.ts';

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

interface Pair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A certificate for the loopback that vouches for itself. */
function makePair(folder: string, name: string): Pair {
  const file = (suffix: string) => join(folder, `${name}.${suffix}`);
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const args = ['req', '-x509', ...newKey, '-keyout', file('key'), '-out', file('pem'), ...subject];
  execFileSync('openssl', args, { stdio: 'ignore' });
  return { cert: readFileSync(file('pem')), key: readFileSync(file('key')) };
}

describe.skipIf(!hasOpenssl())('TLS (needs the openssl program for its certificates)', () => {
  let folder: string;
  let node: Pair;
  let operator: Pair;
  let stranger: Pair;
  let fixture: GrpcFixture | undefined;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'grpc-tls-'));
    node = makePair(folder, 'node');
    operator = makePair(folder, 'operator');
    stranger = makePair(folder, 'stranger');
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(async () => fixture?.close());

  /** Clients of this server may show the operator's certificate, or send a token. */
  async function start(shown: Pair | undefined) {
    fixture = await startGrpc({
      authenticator: newAuthenticator(() => testTokens, true),
      tls: { cert: node.cert, key: node.key, ca: operator.cert, requestCert: true, rejectUnauthorized: false },
      channel: credentials.createSsl(node.cert, shown?.key, shown?.cert),
    });
    return {
      admin: serviceClient(AdminService, fixture.client),
      kv: serviceClient(KvService, fixture.client),
    };
  }

  async function codeOf(call: Promise<unknown>): Promise<unknown> {
    return call.then(
      () => status.OK,
      (error: unknown) => (error as { code: unknown }).code,
    );
  }

  const ask = create(GetStatusRequestSchema);
  const get = create(GetRequestSchema, { key: new Uint8Array(1) });

  test('a certificate of the CA stands for every scope', async () => {
    const { admin, kv } = await start(operator);
    expect(await codeOf(admin.getStatus(ask))).toBe(status.OK);
    expect(await codeOf(kv.get(get))).toBe(status.OK);
  });

  test('without a certificate the tokens decide', async () => {
    const { admin, kv } = await start(undefined);
    expect(await codeOf(kv.get(get))).toBe(status.UNAUTHENTICATED);
    expect(await codeOf(kv.get(get, asApp))).toBe(status.OK);
    expect(await codeOf(admin.getStatus(ask, asApp))).toBe(status.PERMISSION_DENIED);
    expect(await codeOf(admin.getStatus(ask, asAdmin))).toBe(status.OK);
  });

  test('a certificate that is replaced counts for the connections that come then', async () => {
    const { kv } = await start(undefined);
    expect(await codeOf(kv.get(get, asApp))).toBe(status.OK);
    fixture?.server.useCertificate({ cert: stranger.cert, key: stranger.key, ca: operator.cert });
    expect(await codeOf(kv.get(get, asApp))).toBe(status.OK);
    const channel = credentials.createSsl(stranger.cert, operator.key, operator.cert);
    const later = new Client(`127.0.0.1:${fixture?.port}`, channel);
    expect(await codeOf(serviceClient(AdminService, later).getStatus(ask))).toBe(status.OK);
    later.close();
  });

  test('the certificate of somebody else is none', async () => {
    const { admin } = await start(stranger);
    expect(await codeOf(admin.getStatus(ask))).toBe(status.UNAUTHENTICATED);
  });
});
