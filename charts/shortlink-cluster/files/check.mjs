// SPDX-License-Identifier: Apache-2.0
// `helm test`: makes a link through the API, follows it as a visitor does, and takes it away again.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';

const { REDIRECT, TIMEOUT_SECONDS } = process.env;
const target = 'https://example.com/helm-test';
const endMs = Date.now() + Number(TIMEOUT_SECONDS) * 1000;
const pauseMs = 1000;
/** Of the command line: the cluster cannot be reached, or cannot answer in time. */
const exitUnavailable = 5;

/** The command line; SHORTLINK_API and SHORTLINK_TOKEN say where and as whom. A cluster that is just starting is waited for. */
async function shortlink(...args) {
  for (;;) {
    try {
      return execFileSync('shortlink', args, { encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      const problem = String(error.stderr).trim();
      if (error.status !== exitUnavailable || Date.now() > endMs) throw new Error(problem, { cause: error });
      console.log(`waiting - ${problem}`);
      await pause();
    }
  }
}

/** Until a visitor gets what `isExpected` wants. */
async function follow(code, isExpected) {
  for (;;) {
    const { status, location, problem } = await visit(`${REDIRECT}/${code}`);
    if (problem === undefined && isExpected(status, location)) return `${status} ${location ?? ''}`.trim();
    if (Date.now() > endMs) throw new Error(`${REDIRECT}/${code}: ${problem ?? `${status} ${location ?? ''}`}`);
    await pause();
  }
}

async function visit(url) {
  try {
    const { status, headers } = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(5000) });
    return { status, location: headers.get('location') };
  } catch (error) {
    return { problem: error.cause?.message ?? error.message };
  }
}

async function pause() {
  return new Promise((resolve) => {
    setTimeout(resolve, pauseMs);
  });
}

async function check() {
  const key = ['--idempotency-key', randomUUID()];
  const { code } = JSON.parse(await shortlink('link', 'create', target, ...key, '--output', 'json'));
  console.log(`ok - a link is made: ${code}`);
  try {
    const isRedirect = (status, location) => status >= 301 && status <= 308 && location === target;
    console.log(`ok - a visitor is sent on: ${await follow(code, isRedirect)}`);
  } finally {
    await shortlink('link', 'delete', code);
  }
  console.log('ok - the link is deleted');
  console.log(`ok - a visitor is told: ${await follow(code, (status) => status === 404 || status === 410)}`);
}

try {
  await check();
} catch (error) {
  console.log(`not ok - ${error.message}`);
  process.exitCode = 1;
}
