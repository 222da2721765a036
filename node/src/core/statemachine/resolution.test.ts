// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { Link } from './commands.ts';
import { resolutionAt, resolutionOf } from './resolution.ts';

const link: Link = {
  code: 'a',
  url: 'https://example.org/',
  creatorId: 'me',
  createdAtMs: 1,
  updatedAtMs: 1,
  expiresAtMs: 1000,
  disabled: false,
  createRevision: 1,
  revision: 1,
};

it('visitors see where a link leads and until when, and no difference between a disabled link and none', () => {
  expect(resolutionOf({ kind: 'link', link })).toEqual({ kind: 'found', url: link.url, expiresAtMs: 1000 });
  expect(resolutionOf({ kind: 'link', link: { ...link, disabled: true } })).toEqual({ kind: 'notFound' });
  expect(resolutionOf({ kind: 'notFound' })).toEqual({ kind: 'notFound' });
  expect(resolutionOf({ kind: 'gone', reason: 'deleted' })).toEqual({ kind: 'gone' });
});

it('what was found is gone from the very millisecond of its expiry on', () => {
  const found = resolutionOf({ kind: 'link', link });
  expect(resolutionAt(found, 999)).toBe(found);
  expect(resolutionAt(found, 1000)).toEqual({ kind: 'gone' });
  const lasting = resolutionOf({ kind: 'link', link: { ...link, expiresAtMs: undefined } });
  expect(resolutionAt(lasting, Number.MAX_SAFE_INTEGER)).toBe(lasting);
});
