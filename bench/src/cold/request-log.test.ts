// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { RequestLog } from './request-log.ts';

const requests =
  'PUT /b/one HTTP/1.1\r\nHost: s\r\nContent-Length: 12\r\n\r\nGET / \r\n\r\n..' +
  'GET /b/two?x=1 HTTP/1.1\r\nHost: s\r\nRange: bytes=100-131\r\n\r\n' +
  'HEAD /b/three HTTP/1.1\r\nHost: s\r\n\r\n';

const seen = [
  { method: 'PUT', path: '/b/one', rangeBytes: undefined },
  { method: 'GET', path: '/b/two?x=1', rangeBytes: 32 },
  { method: 'HEAD', path: '/b/three', rangeBytes: undefined },
];

it('finds every request, however its bytes are cut, and nothing in bodies', () => {
  for (let size = 1; size <= requests.length; size++) {
    const log = new RequestLog();
    for (let i = 0; i < requests.length; i += size) {
      log.add(1, Buffer.from(requests.slice(i, i + size)));
      // Another connection in between.
      log.add(2, Buffer.from('G'));
    }
    expect(log.take(), `in pieces of ${size}`).toEqual(seen);
    expect(log.take()).toEqual([]);
  }
});
