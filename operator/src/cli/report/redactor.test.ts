// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretName, removed } from './patterns.ts';
import { Redactor } from './redactor.ts';

const none = new Redactor([]);
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

describe('a known secret', () => {
  it('is found in every way of writing it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, unit: 'grapheme' }), fc.string(), (secret, around) => {
        fc.pre(secret.trim().length >= 8 && !around.includes(secret.trim()));
        const redactor = new Redactor([secret]);
        const bytes = Buffer.from(secret, 'utf8');
        const spellings = [secret, bytes.toString('base64'), bytes.toString('hex'), encodeURIComponent(secret)];
        for (const one of [...spellings, JSON.stringify(secret).slice(1, -1)])
          expect(redactor.text(`${around} ${one} ${around}`)).not.toContain(one);
      }),
    );
  });

  it('of several lines is found line by line, too', () => {
    const [, line = ''] = key.split('\n');
    expect(new Redactor([key]).text(`half of it: ${line}!`)).toBe(`half of it: ${removed}!`);
  });

  it('with a blank in it goes as a whole', () => {
    expect(new Redactor(['half and half']).text('password=half and half')).toBe(`password=${removed}`);
  });

  it('that begins another one leaves no rest of it', () => {
    expect(new Redactor(['abcd', 'abcd-efgh']).text('x abcd-efgh y')).toBe(`x ${removed} y`);
  });
});

describe('a secret that nobody knows', () => {
  it.each([
    ['Authorization: Bearer abc.def-123456', 'abc.def-123456'],
    ['curl -u "Basic dXNlcjpwYXNz"', 'dXNlcjpwYXNz'],
    ['--password=hunter2', 'hunter2'],
    ['{"adminToken":"t0pse"}', 't0pse'],
    ['{\\"adminToken\\":\\"t0pse\\"}', 't0pse'],
    ["secret_key: 'abc'", 'abc'],
    ['AWS_ACCESS_KEY_ID=mykeyid', 'mykeyid'],
    ['https://user:pa-ss@host/path', 'user:pa-ss'],
    ['http://h/o?X-Amz-Credential=AAA%2F2030&X-Amz-Signature=0123ab', '0123ab'],
    ['the key AKIAIOSFODNN7EXAMPLE is used', 'AKIAIOSFODNN7EXAMPLE'],
    ['token eyJhbGciOiJSUzI1.eyJzdWIiOiJ4In0.c2ln', 'eyJzdWIiOiJ4In0'],
    [`before\n${key}after`, key.split('\n')[1] ?? ''],
  ])('is known by its form: %j', (text, secret) => {
    expect(none.text(text)).not.toContain(secret);
    expect(none.text(text)).toContain(removed);
  });

  it('is known by the name of its field', () => {
    const object = { spec: { dbPassword: 'x1', apiToken: 'x2', nested: [{ clientSecret: 'x3' }] } };
    expect(JSON.stringify(none.object(object))).not.toMatch(/x[123]/);
    const pod = {
      containers: [
        {
          env: [
            { name: 'A', value: 'x4' },
            { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          ],
        },
      ],
    };
    expect(none.object(pod)).toEqual({
      containers: [
        {
          env: [
            { name: 'A', value: removed },
            { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
          ],
        },
      ],
    });
  });
});

describe('what helps', () => {
  it.each([
    'auth.adminTokenFile: "/etc/shortlink/tokens/token"',
    'links-0 is ready',
    'secretName: links-admin-token',
    'image: a/b:c',
  ])('stays: %s', (text) => {
    expect(none.text(text)).toBe(text);
  });

  it('of a Secret is its keys', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', annotations: { a: 'x5' } },
      data: { k: 'eDU=' },
    };
    expect(none.object({ items: [secret] })).toEqual({
      items: [
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 's', namespace: undefined },
          type: undefined,
          keys: ['k'],
        },
      ],
    });
  });

  it('is told by names that say where a secret is', () => {
    expect(['secretRef', 'tokensFile', 'secretName', 'credentialsSecretRef', 'tokenId'].filter(isSecretName)).toEqual(
      [],
    );
    expect(['token', 'AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID', 'x-api-key'].every(isSecretName)).toBe(true);
  });
});
