// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Intent } from './intent.ts';
import { actions, claim, node, observe, plan, pod, shard, version } from './testing/examples.ts';

describe('a plan', () => {
  it('of a cluster that is as it should be holds nothing', () => {
    expect(plan(observe(3))).toEqual({
      steps: [],
      otherwise: [],
      progress: undefined,
      waitingFor: undefined,
      refusals: [],
    });
  });

  it('of a new cluster makes its objects, then its pods', () => {
    const nothing = observe(0, {
      outdatedObjects: ['ConfigMap links', 'Service links-nodes'],
      statefulSet: undefined,
      store: undefined,
    });
    const made = plan(nothing);
    expect(actions(made)).toEqual(['applyObject ConfigMap links', 'applyObject Service links-nodes', 'setReplicas 3']);
    expect(made.progress).toBe('Updating');
  });

  it('does nothing while paused, and says so', () => {
    expect(plan(observe(2), { isPaused: true })).toMatchObject({ steps: [], waitingFor: 'spec.paused to be false' });
  });
});

describe('what pods are told', () => {
  it('is their zone and whether they are fenced, both at once', () => {
    const pods = [pod(0, { zone: 'other', isFenced: true }), pod(1, { zone: undefined }), pod(2)];
    const observed = observe(3, { pods });
    const told = (change: Partial<Intent>) =>
      plan(observed, change).steps.flatMap(({ action, reason }) =>
        action.kind === 'tellPod' ? [[action.pod, action.zone, action.isFenced, reason]] : [],
      );
    expect(told({ fencedPods: ['links-0', 'links-2'] })).toEqual([
      ['links-0', 'z', true, 'its machine m0 is in zone z'],
      ['links-1', 'z', false, 'its machine m1 is in zone z'],
      ['links-2', 'z', true, 'spec.fencedNodes names it'],
    ]);
    expect(told({})[0]).toEqual([
      'links-0',
      'z',
      false,
      'its machine m0 is in zone z, and spec.fencedNodes does not name it any more',
    ]);
  });

  it('keeps the zone that a pod was told where machines cannot be read any more', () => {
    const observed = observe(1, { pods: [pod(0)], kubeNodes: [] });
    const { steps } = plan(observed, { replicas: 1, fencedPods: ['links-0'] });
    expect(steps.map(({ action }) => action)).toMatchObject([{ kind: 'tellPod', zone: 'z', isFenced: true }]);
  });

  it('is not told to a pod that goes', () => {
    const observed = observe(3, { pods: [pod(0), pod(1), pod(2, { isDeleting: true })] });
    expect(actions(plan(observed, { fencedPods: ['links-2'] }))).toEqual([]);
  });
});

describe('a fenced pod', () => {
  const fenced = { fencedPods: ['links-1'] };
  const standing = pod(1, { isFenced: true, isReady: false, problem: 'it is fenced' });

  it('is as it should be: nobody waits for it', () => {
    expect(plan(observe(3, { pods: [pod(0), standing, pod(2)] }), fenced)).toMatchObject({
      steps: [],
      waitingFor: undefined,
    });
  });

  it('is not replaced, and keeps others from being taken away', () => {
    const old = [pod(0, { templateHash: 'old' }), { ...standing, templateHash: 'old' }, pod(2)];
    const { steps, waitingFor } = plan(observe(3, { pods: old }), fenced);
    expect(steps).toEqual([]);
    expect(waitingFor).toBe('pod links-1 to be ready (it is fenced), before pod links-0 is replaced');
    const only = observe(3, { pods: [pod(0), { ...standing, templateHash: 'old' }, pod(2)] });
    expect(plan(only, fenced)).toMatchObject({ steps: [], waitingFor: 'pod links-1 to be ready (it is fenced)' });
  });
});

describe('a rolling update', () => {
  const outdated = [0, 1, 2].map((i) => pod(i, { templateHash: 'old' }));

  it('begins with the highest pod that leads least, held and relieved of what it leads', () => {
    expect(actions(plan(observe(3, { pods: outdated })))).toEqual(['holdNode n2', 'deletePod links-2']);
    const onlyLeaders = [pod(0, { templateHash: 'old' }), pod(1, { templateHash: 'old' }), pod(2)];
    const handOver = ['holdNode n1', 'transferLeadership 1 n2', 'deletePod links-1'];
    expect(actions(plan(observe(3, { pods: onlyLeaders })))).toEqual(handOver);
  });

  it('takes the leader of the meta group last', () => {
    const observed = observe(3, { pods: outdated }, { shards: [shard(0, 'n2'), shard(1, 'n1'), shard(2, 'n1')] });
    expect(actions(plan(observed)).at(-1)).toBe('deletePod links-0');
    const two = observe(3, { pods: [pod(0), ...outdated.slice(1)] }, { shards: [shard(0, 'n2'), shard(1, 'n1')] });
    expect(actions(plan(two)).at(-1)).toBe('deletePod links-1');
  });

  it.each([
    [
      'a pod is not ready',
      { pods: [pod(0, { isReady: false }), ...outdated.slice(1)] },
      {},
      'pod links-0 to be ready, before pod links-2 is replaced',
    ],
    [
      'a node says what it waits for',
      { pods: [pod(0, { isReady: false, waitsFor: 'initial nodes that do not answer' }), ...outdated.slice(1)] },
      {},
      'pod links-0 to be ready, which waits for initial nodes that do not answer, before pod links-2 is replaced',
    ],
    [
      'a node is suspect',
      { pods: outdated },
      { nodes: [node(0, { liveness: 'suspect' }), node(1), node(2)] },
      'node links-0 (n0), which is suspect',
    ],
    [
      'a replica is behind',
      { pods: outdated },
      { shards: [shard(0, 'n0', [0, 5000, 0])] },
      'the meta group: the replica on links-1, which is far behind',
    ],
    ['a shard has no leader', { pods: outdated }, { shards: [shard(4, undefined)] }, 'shard 4: a leader'],
    [
      'a replica is missing',
      { pods: outdated },
      { shards: [shard(1, 'n0', [0, 0])] },
      'shard 1: 3 voters, of which there are 2',
    ],
    [
      'the brake is on',
      { pods: outdated },
      { brake: '2 of 5 nodes are down' },
      'the brake of the ring: 2 of 5 nodes are down',
    ],
    ['nobody answers', { pods: outdated, store: undefined }, {}, 'a node that answers how the cluster is'],
  ] as const)('waits while %s', (_, change, store, waitingFor) => {
    const made = plan(observe(3, change, store));
    expect(made.steps).toEqual([]);
    expect(made.waitingFor).toContain(waitingFor);
  });

  it('stops at a pod that does not start, with the words of the kubelet', () => {
    const problem = 'ImagePullBackOff: shortlink/node:bad';
    const pods = [
      pod(0, { templateHash: 'old' }),
      pod(1, { templateHash: 'old' }),
      pod(2, { isReady: false, problem }),
    ];
    expect(plan(observe(3, { pods })).waitingFor).toBe(
      `pod links-2 to be ready (${problem}), before pod links-1 is replaced`,
    );
    const reverted = plan(observe(3, { pods }), { templateHash: 'old' });
    expect(actions(reverted)).toEqual(['holdNode n2', 'deletePod links-2']);
  });

  it('goes on with a pod that serves nobody, whatever else is wrong: it may be the cure', () => {
    const stopped = { isReady: false, isStopped: true, problem: 'CrashLoopBackOff' };
    const old = { templateHash: 'old', ...stopped };
    const broken = [0, 1, 2].map((i) => pod(i, old));
    expect(actions(plan(observe(3, { pods: broken, store: undefined })))).toEqual(['deletePod links-2']);
    const next = [...broken.slice(0, 2), pod(2, { isReady: false })];
    expect(actions(plan(observe(3, { pods: next, store: undefined })))).toEqual(['deletePod links-1']);
    const ending = [...broken.slice(0, 2), pod(2, { templateHash: 'old', isDeleting: true })];
    expect(plan(observe(3, { pods: ending, store: undefined }))).toMatchObject({
      steps: [],
      waitingFor: 'pod links-2 to end',
    });
    const pending = [pod(0, { ...old, kubeNode: undefined, isStopped: false }), pod(1), pod(2)];
    expect(actions(plan(observe(3, { pods: pending, store: undefined })))).toEqual(['deletePod links-0']);
    const lost = { nodes: [node(0), node(1, { liveness: 'down' }), node(2, { liveness: 'down' })] };
    const reverted = [pod(0), pod(1, { isReady: false }), pod(2, { ...old, templateHash: 'bad' })];
    expect(actions(plan(observe(3, { pods: reverted }, lost)))).toEqual(['holdNode n2', 'deletePod links-2']);
  });

  it('does not take what only looks broken for broken: a node that is alive, or one whose cure may be none', () => {
    const beside = { templateHash: 'old', isReady: false, problem: 'CrashLoopBackOff' };
    const sidecars = observe(
      3,
      { pods: [pod(0, beside), pod(1, beside), pod(2, { isReady: false })] },
      { nodes: [node(0), node(1), node(2, { liveness: 'down' })] },
    );
    expect(actions(plan(sidecars))).toEqual([]);
    const crashed = { isReady: false, isStopped: true, problem: 'OOMKilled' };
    const bad = { isReady: false, isStopped: true, problem: 'ImagePullBackOff' };
    const both = [pod(0, { templateHash: 'old' }), pod(1, { templateHash: 'old', ...crashed }), pod(2, bad)];
    expect(actions(plan(observe(3, { pods: both, store: undefined })))).toEqual([]);
  });

  it('leaves a pod alone that is not ready while the cluster may need its node', () => {
    const starting = [
      pod(0, { templateHash: 'old' }),
      pod(1, { isReady: false }),
      pod(2, { templateHash: 'old', isReady: false }),
    ];
    expect(actions(plan(observe(3, { pods: starting })))).toEqual([]);
    expect(actions(plan(observe(3, { pods: starting, store: undefined })))).toEqual([]);
  });

  it('ends the hold of a pod that is back', () => {
    expect(actions(plan(observe(3, {}, { nodes: [node(0), node(1), node(2, { isHeld: true })] })))).toEqual([
      'releaseNode n2',
    ]);
  });
});

describe('fewer replicas', () => {
  it('drain the highest node, and shrink only when it is forgotten', () => {
    expect(actions(plan(observe(4)))).toEqual(['removeNode n3']);
    const draining = observe(4, {}, { nodes: [node(0), node(1), node(2), node(3, { isDraining: true })] });
    expect(plan(draining).waitingFor).toBe('node links-3 to hand over 10 chunks');
    const forgotten = observe(4, {}, { nodes: [node(0), node(1), node(2)] });
    expect(actions(plan(forgotten))).toEqual(['setReplicas 3']);
    const behind = observe(
      4,
      {},
      { nodes: [node(0), node(1), node(2)], chunks: { total: 9, underReplicated: 2, moving: 0 } },
    );
    expect(plan(behind)).toMatchObject({ steps: [], waitingFor: '2 chunks to have their copies elsewhere' });
  });

  it('are refused below the replicas of a shard, and where the others have no room', () => {
    expect(plan(observe(3), { replicas: 2 }).refusals[0]).toContain('less than the 3 replicas of each shard');
    const full = [0, 1, 2, 3].map((i) => node(i, { chunkBytes: 5000, diskFreeBytes: 1000 }));
    const made = plan(observe(4, {}, { nodes: full }));
    expect(made.steps).toEqual([]);
    expect(made.refusals[0]).toContain('need 5.9 KiB elsewhere, and 2.9 KiB are free');
  });

  it('are refused where nodes of spec.drainedNodes have left already', () => {
    const pods = [pod(0), pod(1, { isReady: false }), pod(2), pod(3)];
    const left = observe(4, { pods }, { nodes: [node(0), node(2), node(3)] });
    const made = plan(left, { replicas: 3, drainedPods: ['links-1'] });
    expect(made.steps).toEqual([]);
    expect(made.refusals).toEqual([
      expect.stringContaining('with node links-3 gone, 2 nodes would be left for the 3 replicas of each shard'),
    ]);
  });

  it('take pods away that never joined, whatever they wait for', () => {
    const pending = { isReady: false, problem: 'Unschedulable: no machine fits' };
    const pods = [pod(0), pod(1), pod(2), pod(3, pending), pod(4, pending)];
    const three = { nodes: [0, 1, 2].map((i) => node(i)) };
    const claims = [0, 1, 2].map((i) => claim(i)).concat([3, 4].map((i) => claim(i, { nodeId: undefined })));
    expect(actions(plan(observe(5, { pods, claims }, three)))).toEqual(['setReplicas 4']);
    expect(actions(plan(observe(4, { pods: pods.slice(0, 4), claims }, three)))).toEqual(['setReplicas 3']);
    // Nobody has ever used the volumes that are left, and they call for no pods.
    const anew = observe(3, { claims, statefulSet: undefined, pods: pods.slice(0, 3) }, three);
    expect(actions(plan(anew))).toEqual(['setReplicas 3']);
  });

  it('are taken back by setting the replicas back, but not for a node that was replaced', () => {
    const draining = [node(0), node(1), node(2), node(3, { isDraining: true })];
    expect(actions(plan(observe(4, {}, { nodes: draining }), { replicas: 4 }))).toEqual(['cancelRemoveNode n3']);
    const replaced = [node(0), node(1), node(2), node(2, { id: 'old', isDraining: true })];
    expect(plan(observe(3, {}, { nodes: replaced }))).toMatchObject({
      steps: [],
      waitingFor: 'node links-2 to hand over 10 chunks',
    });
  });

  it('take a member along that joined in the last moment before its pod went', () => {
    const late = observe(3, {}, { nodes: [node(0), node(1), node(2), node(3, { liveness: 'down' })] });
    expect(actions(plan(late))).toEqual(['hastenNode n3', 'removeNode n3']);
    const unseen = { claims: [claim(0), claim(1), claim(2), claim(3, { nodeId: undefined })] };
    const { nodes } = late.store ?? { nodes: [] };
    expect(actions(plan(observe(3, unseen, { nodes })))).toEqual(['recordNode data-links-3 n3', 'removeNode n3']);
    expect(actions(plan(late, { replicas: 4 }))).toContain('setReplicas 4');
  });

  it('touch a volume only after its node was forgotten and its pod is gone', () => {
    const left = { claims: [0, 1, 2, 3].map((i) => claim(i)) };
    expect(actions(plan(observe(3, left)))).toEqual(['deleteClaim data-links-3']);
    expect(actions(plan(observe(3, left, { nodes: [0, 1, 2, 3].map((i) => node(i)) })))).toEqual(['removeNode n3']);
    expect(actions(plan(observe(3, { ...left, store: undefined })))).toEqual([]);
  });
});

describe('when the first step fails', () => {
  const outdated = {
    pods: [pod(0, { templateHash: 'old' }), pod(1, { templateHash: 'old' }), pod(2, { templateHash: 'old' })],
  };
  const kinds = (made: ReturnType<typeof plan>) => made.otherwise.map(({ action }) => action.kind);

  it('parts go on that do not rest on it', () => {
    expect(kinds(plan(observe(3, outdated), { uploadReason: 'asked', volumeBytes: 2000 }))).toEqual([
      'growClaim',
      'growClaim',
      'upload',
      'holdNode',
    ]);
    expect(kinds(plan(observe(3, outdated), { uploadReason: 'asked' }))).toEqual(['holdNode']);
    expect(kinds(plan(observe(3, outdated)))).toEqual([]);
  });

  it('no pod is made from what is old', () => {
    const objects = ['ConfigMap links-config', 'Service links-api', 'StatefulSet links'];
    const made = plan(observe(3, { ...outdated, outdatedObjects: objects }), {
      uploadReason: 'asked',
      volumeBytes: 2000,
    });
    expect(actions(made)[0]).toBe('applyObject ConfigMap links-config');
    expect(kinds(made)).toEqual(['applyObject', 'growClaim', 'upload']);
  });
});

describe('volumes', () => {
  it('grow whatever else is wrong', () => {
    const sick = observe(3, { pods: [pod(0, { isReady: false }), pod(1), pod(2)], store: undefined });
    expect(actions(plan(sick, { volumeBytes: 2000 }))).toEqual([0, 1, 2].map((i) => `growClaim data-links-${i} 2000`));
  });

  it('grow once there is one', () => {
    const unbound = observe(3, { claims: [claim(0, { capacityBytes: undefined }), claim(1), claim(2)] });
    expect(actions(plan(unbound, { volumeBytes: 2000 }))).toEqual([
      'growClaim data-links-1 2000',
      'growClaim data-links-2 2000',
    ]);
  });

  it('that are lost under pods that serve are made anew one at a time', () => {
    const claims = [0, 1, 2].map((i) => claim(i, { isLost: true }));
    expect(actions(plan(observe(3, { claims })))).toEqual(['deleteClaim data-links-0', 'deletePod links-0']);
    const begun = observe(3, { claims, pods: [pod(0, { isReady: false, isDeleting: true }), pod(1), pod(2)] });
    expect(actions(plan(begun))).toEqual(['deleteClaim data-links-0']);
    const second = observe(3, { claims: claims.slice(1), pods: [pod(0, { isReady: false }), pod(1), pod(2)] });
    expect(plan(second)).toMatchObject({
      steps: [],
      waitingFor: expect.stringContaining('pod links-0 to be ready, before the lost volume data-links-1 is made anew'),
    });
    const dead = { nodes: [node(0), node(1, { liveness: 'down' }), node(2)] };
    const pods = [pod(0), pod(1, { isReady: false, problem: 'FailedMount' }), pod(2)];
    // Nobody can wait for the one whose volume is gone.
    const both = observe(3, { claims: [...claims.slice(0, 2), claim(2)], pods }, dead);
    expect(actions(plan(both))).toEqual(['deleteClaim data-links-1', 'deletePod links-1']);
  });

  it('that cannot grow are explained', () => {
    const stuck = observe(3, { claims: [claim(0, { canGrow: false }), claim(1), claim(2)] });
    expect(plan(stuck, { volumeBytes: 2000 }).refusals[0]).toContain(
      'its storage class does not allow volumes to grow',
    );
    const unknown = observe(3, { claims: [claim(0, { canGrow: undefined }), claim(1), claim(2)] });
    const refused = plan(unknown, { volumeBytes: 2000 });
    expect(refused.refusals[0]).toContain('set the size that PersistentVolumeClaim data-links-0 requests yourself');
    expect(actions(refused)).toEqual(['growClaim data-links-1 2000', 'growClaim data-links-2 2000']);
    // A new one in its place is as large as it should be.
    const asked = [claim(0, { canGrow: false }), ...[1, 2].map((i) => claim(i, { requestedBytes: 2000 }))];
    const replaceable = plan(observe(3, { claims: asked }), { volumeBytes: 2000 });
    expect(actions(replaceable)).toEqual(['recreateStatefulSet']);
    expect(replaceable.refusals).toHaveLength(1);
    const slow = [0, 1, 2].map((i) => claim(i, { requestedBytes: 2000, resizeProblem: 'node is busy' }));
    const set = { ...version, replicas: 3, isObserved: true, claimBytes: 2000 };
    const waiting = plan(observe(3, { claims: slow, statefulSet: set }), { volumeBytes: 2000 }).waitingFor;
    expect(waiting).toBe('volume data-links-0 to grow from 1000 to 2000 bytes (node is busy)');
  });

  it('that come later are as large: the StatefulSet is made anew around its pods', () => {
    const grown = [0, 1, 2].map((i) => claim(i, { requestedBytes: 2000, capacityBytes: 2000 }));
    expect(actions(plan(observe(3, { claims: grown }), { volumeBytes: 2000 }))).toEqual(['recreateStatefulSet']);
    const between = observe(3, { claims: grown, statefulSet: undefined });
    expect(actions(plan(between, { volumeBytes: 2000 }))).toEqual(['setReplicas 3']);
  });
});

describe('a node that is lost', () => {
  it('is declared gone when its volume exists no more, and not before', () => {
    const nodes = [node(0), node(1), node(2, { liveness: 'down' })];
    const pods = [pod(0), pod(1), pod(2, { isReady: false })];
    expect(actions(plan(observe(3, { pods, claims: [claim(0), claim(1)] }, { nodes })))).toEqual(['hastenNode n2']);
    expect(actions(plan(observe(3, { pods }, { nodes })))).toEqual([]);
    const unseen = [claim(0), claim(1), claim(2, { nodeId: undefined })];
    expect(actions(plan(observe(3, { pods, claims: unseen }, { nodes })))).toEqual([]);
  });

  it('on a machine that does not answer is left alone, and the way out is told', () => {
    const kubeNodes = [{ name: 'm2', isReady: false, zone: 'z' }];
    const pods = [pod(0), pod(1), pod(2, { isReady: false, isDeleting: true })];
    const made = plan(observe(3, { pods, kubeNodes }));
    expect(made.steps).toEqual([]);
    expect(made.waitingFor).toContain('machine m2 of pod links-2 does not answer');
  });

  it('and forgotten begins anew where its pod is wanted again', () => {
    const observed = observe(4, {}, { nodes: [node(0), node(1), node(2)] });
    expect(actions(plan(observed, { replicas: 4 }))).toEqual(['deleteClaim data-links-3', 'deletePod links-3']);
  });
});

describe('an upload', () => {
  it('is ordered when it is asked for, whatever else waits', () => {
    expect(actions(plan(observe(3), { uploadReason: 'the schedule says so' }))).toEqual(['upload']);
  });
});
