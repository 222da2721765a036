// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { newAuthenticator, parseAdminToken, parseTokens } from './auth.ts';
import { exposureProblem } from './listen.ts';

const hash = (token: string) => createHash('sha256').update(token).digest('hex');
const file = `# tokens\napi ${hash('a')} the app\r\n\nadmin ${hash('b').toUpperCase()} root # on call\n`;

test('a tokens file is read line by line', () => {
  expect(parseTokens(file).map(({ scope, name }) => [scope, name])).toEqual([
    ['api', 'the app'],
    ['admin', 'root'],
  ]);
});

test.each(['root 00 x', `api ${hash('a')}`, `api ${hash('a').slice(1)} x`, 'api'])(
  '%j is refused by its line number alone',
  (line) => {
    expect(() => parseTokens(`# first\n${line}`)).toThrow('tokens file: line 2 is not "api|admin sha256hex name"');
  },
);

test('a token opens its scope, and admin opens both', () => {
  const authenticator = newAuthenticator(() => parseTokens(file));
  const kindOf = (authorization: string | undefined, scope: 'api' | 'admin') =>
    authenticator.authenticate({ authorization, hasClientCertificate: true }, scope).kind;
  expect(kindOf('Bearer a', 'api')).toBe('granted');
  expect(kindOf('bearer a', 'admin')).toBe('forbidden');
  expect(kindOf('Bearer b', 'api')).toBe('granted');
  expect(kindOf('Bearer b', 'admin')).toBe('granted');
  for (const wrong of [undefined, '', 'a', 'Bearer', 'Bearer c', 'Bearer a b', 'Basic a', `Bearer ${hash('a')}`]) {
    expect(kindOf(wrong, 'api')).toBe('unauthenticated');
  }
});

test('an empty tokens file lets nobody in; no configuration lets everybody in', () => {
  const credentials = { authorization: 'Bearer a', hasClientCertificate: false };
  expect(newAuthenticator(() => []).authenticate(credentials, 'api').kind).toBe('unauthenticated');
  expect(newAuthenticator(undefined)).toMatchObject({ isConfigured: false });
  expect(newAuthenticator(undefined).authenticate(credentials, 'admin').kind).toBe('granted');
});

test('the tokens that count are those of the moment', () => {
  let tokens = parseTokens(`admin ${hash('old')} one`);
  const authenticator = newAuthenticator(() => tokens);
  const kindOf = (token: string) =>
    authenticator.authenticate({ authorization: `Bearer ${token}`, hasClientCertificate: false }, 'admin').kind;
  expect([kindOf('old'), kindOf('new')]).toEqual(['granted', 'unauthenticated']);
  tokens = [parseAdminToken('new\n')];
  expect([kindOf('old'), kindOf('new')]).toEqual(['unauthenticated', 'granted']);
});

test.each(['', ' \n', 'two words', 'a\nb', 'ü'])('%j is no admin token', (text) => {
  expect(() => parseAdminToken(text)).toThrow('does not hold one token');
});

test('a client certificate opens both scopes where they are accepted', () => {
  const authenticator = newAuthenticator(undefined, true);
  const kindOf = (hasClientCertificate: boolean) =>
    authenticator.authenticate({ authorization: undefined, hasClientCertificate }, 'admin').kind;
  expect(kindOf(true)).toBe('granted');
  expect(kindOf(false)).toBe('unauthenticated');
});

test('without authentication the APIs stay on the loopback', () => {
  const problem = (host: string, hasAuthentication = false) => {
    return exposureProblem({ listener: 'api', address: { host, port: 8081 } }, hasAuthentication);
  };
  for (const host of ['127.0.0.1', '127.0.0.2', '::1', 'localhost']) expect(problem(host)).toBeUndefined();
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.com', '127.example.com']) {
    expect(problem(host), host).toMatch(/not a loopback address.*set auth\.tokensFile/);
    expect(problem(host, true)).toBeUndefined();
  }
});
