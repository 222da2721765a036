// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { turn } from '../host/turn.ts';
import type { Turn } from '../host/turn.ts';
import { CrashCluster } from './testing/crash-cluster.ts';

it('bug 27 (cockroach#41691, cockroach#81100, etcd#15247): a leader whose disk hangs sends no heartbeats and is replaced', async () => {
  const hanging = new Set<number>();
  /** As the real one, but the write never comes back on a node whose disk hangs. */
  const turnOf =
    (i: number): Turn =>
    async (phases) =>
      turn({
        step: () => phases.step(),
        sendEarly: (work) => {
          const sent = phases.sendEarly(work);
          return hanging.has(i) ? new Promise(() => (work.needsSync = true)) : sent;
        },
        persist: (work) => phases.persist(work),
        sendDurable: (work) => phases.sendDurable(work),
        apply: (work) => phases.apply(work),
        answer: (work) => phases.answer(work),
      });
  const cluster = await new CrashCluster({ nodes: 3, turn: turnOf }).form();
  await cluster.created(cluster.leader(), 'before');
  const stuck = cluster.leader();
  hanging.add(stuck);
  const pending = cluster.create(stuck, 'never acknowledged here');
  await cluster.run(2);
  let frames = 0;
  cluster.engines.forEach((engine, i) => {
    cluster.network.attach(engine.nodeId, `n${i}:1`, {
      onFrame: (from, frame) => {
        const says = frame.raft.length > 0 || frame.heartbeat !== undefined;
        if (from === cluster.engine(stuck).nodeId && says) frames++;
        engine.onFrame(from, frame);
      },
      onDisconnect: (from) => engine.onDisconnect(from),
      onQuestion: async (question) => engine.onQuestion(question),
      onSnapshot: (from, header) => engine.onSnapshot(from, header),
    });
  });
  const isNew = (i: number): boolean => i !== stuck && cluster.replica(i).isLeader;
  await cluster.until('another leader', () => [0, 1, 2].some(isNew), 60);
  expect(frames).toBe(0);
  await cluster.created([0, 1, 2].findIndex(isNew), 'after');
  expect(pending.status).not.toBe('ok');
});
