// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assert } from '@shortlink/common/assert.ts';
import { Operator } from './operator.ts';
import { readOptions } from './options.ts';
import { ManualClock, settle } from './runtime/testing/manual-clock.ts';
import { MemoryKubeApi } from './runtime/testing/memory-kube-api.ts';
import { RecordingLogger, RecordingMetrics } from './runtime/testing/recorders.ts';
import { seededRandom } from './runtime/testing/seeded-random.ts';

/** Of an operator that leads while the API server answers some lists only. */
function rig(answers: (resource: string) => boolean) {
  const api = new MemoryKubeApi();
  api.before = async ({ verb, resource }, signal) => {
    if (verb !== 'list' || answers(resource)) return;
    await new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('cut off')), { once: true });
    });
  };
  const read = readOptions(['--pod.name=operator-0', '--node.image=shortlink/node:dev'], {});
  assert('options' in read, 'the options are right');
  const parts = { clock: new ManualClock(), random: seededRandom(1), metrics: new RecordingMetrics() };
  const discovery = { serves: async () => true };
  const operator = new Operator({ ...parts, logger: new RecordingLogger(), options: read.options, api, discovery });
  const [stopping, acting, leading] = [new AbortController(), new AbortController(), new AbortController()];
  const following = operator.follow(stopping.signal);
  const leadership = { signal: leading.signal, holds: () => true, transitions: 0, leaseUid: 'lease' };
  let ended: unknown = 'not yet';
  void operator.lead(leadership, acting.signal).then(
    () => (ended = 'well'),
    (error: unknown) => (ended = error),
  );
  const stop = async (): Promise<void> => {
    acting.abort(new Error('the test is over'));
    stopping.abort(new Error('the test is over'));
    await following;
    operator.close();
  };
  return { acting, leading, stop, ended: () => ended };
}

describe('an operator that leads before it knows what there is', () => {
  let operator: ReturnType<typeof rig>;
  afterEach(async () => operator.stop());

  describe.each([
    ['nothing is listed', () => false],
    ['an optional kind is not listed', (resource: string) => resource !== 'podmonitors'],
  ] as const)('as %s', (_, answers) => {
    beforeEach(async () => {
      operator = rig(answers);
      await settle();
    });

    it('ends when it is told to', async () => {
      expect(operator.ended()).toBe('not yet');
      operator.acting.abort(new Error('SIGTERM'));
      await settle();
      expect(operator.ended()).toBe('well');
    });

    it('ends with its leadership', async () => {
      expect(operator.ended()).toBe('not yet');
      operator.leading.abort(new Error('the lease is lost'));
      await settle();
      expect(operator.ended()).toBe('well');
    });
  });
});
