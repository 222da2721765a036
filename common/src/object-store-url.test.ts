// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { checkObjectStoreUrl, parseObjectStoreUrl } from './object-store-url.ts';

test.each([
  ['file:///var/objects', { kind: 'file', folder: '/var/objects' }],
  ['file:///var/objects//', { kind: 'file', folder: '/var/objects' }],
  ['file:///a%20b/%C3%A9', { kind: 'file', folder: '/a b/é' }],
  ['s3://chunks', { kind: 's3', bucket: 'chunks', prefix: '' }],
  ['s3://chunks/', { kind: 's3', bucket: 'chunks', prefix: '' }],
  ['s3://my.chunks-1/team/a/', { kind: 's3', bucket: 'my.chunks-1', prefix: 'team/a' }],
])('%s is a place for objects', (url, place) => {
  expect(parseObjectStoreUrl(url)).toEqual(place);
  expect(checkObjectStoreUrl(url)).toBeUndefined();
});

test.each([
  ['', /neither/],
  ['/var/objects', /neither/],
  ['https://chunks.example', /neither/],
  ['file:objects', /neither/],
  ['s3://chunks?region=x', /neither/],
  ['file://host/objects', /three slashes/],
  ['file:///', /root folder/],
  ['file:///a%2', /two digits/],
  ['file:///a%00b', /two digits/],
  ['s3:///prefix', /name of a bucket/],
  ['s3://Chunks', /name of a bucket/],
  ['s3://a', /name of a bucket/],
  ['s3://chunks//x', /prefix/],
  ['s3://chunks/../x', /prefix/],
  [`s3://chunks/${'x'.repeat(256)}`, /longer/],
])('%j is none, and it is said why', (url, problem) => {
  expect(checkObjectStoreUrl(url)).toMatch(problem);
});
