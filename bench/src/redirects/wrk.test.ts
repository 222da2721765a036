// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { parseWrk } from './wrk.ts';

const report = (more: string) => `Running 2s test @ http://127.0.0.1:17999
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   707.91us    1.07ms  35.66ms   98.12%
    Req/Sec   103.14k    10.30k  118.43k    75.00%
  Latency Distribution
     50%  553.00us
     75%  622.00us
     90%    0.88ms
     99%    4.75ms
  205283 requests in 2.00s, 62.64MB read
${more}Requests/sec: 102512.50
Transfer/sec:     31.28MB
`;

describe('the report of wrk', () => {
  test('is read with its units', () => {
    expect(parseWrk(report(''))).toEqual({
      requestsPerSecond: 102_512.5,
      p50Ms: 0.553,
      p99Ms: 4.75,
      requests: 205_283,
      failures: 0,
    });
  });

  test('counts refused requests and broken sockets as failures', () => {
    const lines = '  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 50\n';
    expect(parseWrk(report(lines)).failures).toBe(60);
  });

  test('is refused where a figure is missing', () => {
    expect(() => parseWrk('unable to connect')).toThrow('lacks');
  });
});
