// SPDX-License-Identifier: Apache-2.0
// `helm test`: makes a link through the API, follows it as a visitor does, and takes it away again.
import { execFileSync } from 'node:child_process';

const { REDIRECT, TEST_TIMEOUT } = process.env;
const target = 'https://example.com/helm-test';
const followMs = 30_000;
const pauseMs = 500;

// SHORTLINK_API and SHORTLINK_TOKEN say where and as whom.
function shortlink(...args) {
  return execFileSync('shortlink', [...args, '--timeout', TEST_TIMEOUT], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Until a visitor gets what `isExpected` wants: an answer of a node that is just starting is no verdict. */
async function follow(code, isExpected) {
  const endMs = Date.now() + followMs;
  for (;;) {
    const answer = await fetch(`${REDIRECT}/${code}`, { redirect: 'manual', signal: AbortSignal.timeout(5000) }).catch(
      (error) => ({ status: 0, headers: new Headers(), problem: error.cause?.message ?? error.message }),
    );
    const { status, headers, problem } = answer;
    const location = headers.get('location');
    if (isExpected(status, location)) return `${status}${location === null ? '' : ` to ${location}`}`;
    if (Date.now() > endMs) throw new Error(`${REDIRECT}/${code} answers ${problem ?? `${status} to ${location}`}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

const { code } = JSON.parse(shortlink('link', 'create', target, '--output', 'json'));
console.log(`ok - a link is made: ${code}`);
try {
  const followed = await follow(code, (status, location) => status >= 301 && status <= 308 && location === target);
  console.log(`ok - a visitor is sent on: ${followed}`);
} finally {
  shortlink('link', 'delete', code);
}
console.log('ok - the link is deleted');
console.log(`ok - a visitor is told: ${await follow(code, (status) => status === 404 || status === 410)}`);
