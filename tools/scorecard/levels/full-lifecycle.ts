// SPDX-License-Identifier: Apache-2.0
import { full, operator, smoke, type Level } from '../question.ts';

export const fullLifecycle: Level = {
  title: 'Level 3: full lifecycle',
  questions: [
    {
      text: 'Can nodes be added and removed under load, with data drained before a pod goes?',
      requirement: 'O4',
      tests: [
        smoke('scale', 'three nodes become five and three again under load, and nothing fails or is left behind'),
        operator('plan/examples', 'drain the highest node, and shrink only when it is forgotten'),
        operator('plan/examples', 'touch a volume only after its node was forgotten and its pod is gone'),
      ],
    },
    {
      text: 'Can a scale-down be taken back midway?',
      requirement: 'O4',
      tests: [
        full(
          'scale-down-cancelled',
          'a scale-down that is taken back midway leaves the node that was on its way out where it was',
        ),
        operator('plan/examples', 'are taken back by setting the replicas back, but not for a node that was replaced'),
      ],
    },
    {
      text: 'Is what could not end well refused before it begins, with a reason?',
      requirement: 'O4',
      tests: [
        operator('plan/examples', 'are refused below the replicas of a shard, and where the others have no room'),
      ],
    },
    {
      text: 'Can a chosen node be drained and replaced?',
      requirement: 'O4',
      tests: [
        operator('plan/drain', 'nodes that are to be drained'),
        operator('cli/commands/acts', 'end in what the operator does: a node leaves, and comes back anew'),
      ],
    },
    {
      text: 'Do volumes grow online, whatever else is wrong?',
      requirement: 'O8',
      tests: [
        full('volume-growth', 'volumes grow while they serve, or the cluster says which class cannot'),
        operator('plan/examples', 'grow whatever else is wrong'),
        operator('plan/examples', 'that cannot grow are explained'),
      ],
    },
    {
      text: 'Can a cluster be suspended and go on where it was?',
      requirement: 'K2',
      tests: [smoke('suspend', 'a suspended cluster has no pods and keeps its volumes, and goes on where it was')],
    },
    {
      text: 'Can the operator be paused?',
      requirement: 'K2',
      tests: [operator('plan/examples', 'does nothing while paused, and says so')],
    },
    {
      text: 'Can one node be fenced for a look at it?',
      requirement: 'K2',
      tests: [
        operator(
          'reconcile/fencing',
          'a node that the spec fences stands still, and comes back when it does not any more',
        ),
      ],
    },
    {
      text: 'Do machines drain one after the other, held up by a PodDisruptionBudget that blocks no drain for ever?',
      requirement: 'E2',
      tests: [full('drain', 'one machine is drained at a time: the second drain waits until the first pod is back')],
    },
    {
      text: 'Is data backed up on a schedule and on demand?',
      requirement: 'O6',
      tests: [
        full('upload-schedule', 'a schedule uploads what is only on the nodes, and says when it does so next'),
        smoke(
          'upload',
          'an upload that is asked for puts all rows into chunks, on two nodes each, and takes them from the hot tier',
        ),
        operator('reconcile/uploads', 'is made up for once after days without an operator'),
      ],
      but: 'Partly. The object store has everything as of the last checkpoint; there is no point in time to go back to, and no undo of a deletion.',
    },
    {
      text: 'Can a cluster be made anew from its backup, everything else being lost?',
      requirement: 'E2',
      tests: [
        full(
          'disaster',
          'when the cluster and all its volumes are gone, a new one has the links from the object store',
        ),
        operator('desired/desired-objects', 'is rebuilt on one volume until it is there, and never again'),
      ],
    },
    {
      text: 'Are backups restored for trial, automatically?',
      tests: [],
      but: 'No. Every upload is read back and compared; a whole cluster is rebuilt from the store in tests only.',
    },
    {
      text: 'Is a lost quorum recovered automatically?',
      tests: [],
      but: 'No. There is no unsafe recovery; the way back is the object store.',
    },
  ],
};
