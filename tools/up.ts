// SPDX-License-Identifier: Apache-2.0
// `make up`: three nodes on the loopback, one link, one visit, and what to try next.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const data = '.data/up';
const basePort = 7400;
const redirect = `http://127.0.0.1:${basePort}`;
const api = `http://127.0.0.1:${basePort + 100}`;
const destination = 'https://en.wikipedia.org/wiki/Raft_(algorithm)';

process.chdir(dirname(import.meta.dirname));
const dev = spawn(
  join('node', 'bin', 'shortlink'),
  ['dev', '--nodes', '3', '--data', data, '--base-port', String(basePort)],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
// The nodes end first, then `dev`, then this. On a terminal `dev` has had its Ctrl-C already; twice does no harm.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => dev.kill('SIGTERM'));
dev.once('error', (error) => console.error(`make up: ${error.message}`));
dev.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
for await (const line of createInterface({ input: dev.stdout })) {
  console.log(line);
  if (line === 'ready') await tour();
}

async function tour(): Promise<void> {
  try {
    const code = await createLink();
    const visit = await fetch(`${redirect}/${code}`, { redirect: 'manual' });
    const location = visit.headers.get('location');
    console.log(`\ncreated   ${redirect}/${code}\nfollowed  ${visit.status} → ${location}\n\n${nextSteps(code)}`);
    if (location !== destination) throw new Error(`the link led to ${location}`);
  } catch (error) {
    console.error(`make up: the first link failed: ${error instanceof Error ? error.message : String(error)}`);
    dev.kill('SIGTERM');
    await new Promise((resolve) => dev.once('exit', resolve));
    process.exit(1);
  }
}

async function createLink(): Promise<string> {
  const response = await fetch(`${api}/api/v1/links`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: destination }),
  });
  const answer: unknown = await response.json();
  if (typeof answer === 'object' && answer !== null && 'code' in answer) return String(answer.code);
  throw new Error(`${response.status} ${JSON.stringify(answer)}`);
}

function nextSteps(code: string): string {
  return `Try in another terminal:
  npx shortlink link create https://example.com --code hello
  npx shortlink link get ${code}
  npx shortlink info
  curl -i http://127.0.0.1:${basePort + 1}/${code}
  kill -9 $(cat ${data}/node0/pid)      # the other two go on
  npx shortlink node --config ${data}/node0/config.yaml
Ctrl-C stops the nodes; the links stay in ${data}.`;
}
