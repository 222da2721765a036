// SPDX-License-Identifier: Apache-2.0
import { full, operator, smoke, type Level } from '../question.ts';

export const seamlessUpgrades: Level = {
  title: 'Level 2: seamless upgrades',
  questions: [
    {
      text: 'Does an upgrade of the operator leave the pods alone?',
      requirement: 'O5',
      tests: [
        full('operator-upgrade', 'an upgrade of the operator restarts no pod'),
        operator(
          'desired/desired-objects',
          'never by an upgrade of the operator: the hash of an input stays what it is',
        ),
        operator('reconcile/reconciler', 'keeps the image and the pull policy of the operator that made it'),
      ],
    },
    {
      text: 'Does a rolling update lose no redirect and no write, under load?',
      requirement: 'O5',
      tests: [
        smoke(
          'rolling-update',
          'another image reaches every pod, one after the other, and no redirect and no write fails',
        ),
      ],
    },
    {
      text: 'Are leaders last, relieved before, and is everybody awaited in between?',
      requirement: 'O5',
      tests: [
        operator('plan/examples', 'takes the leader of the meta group last'),
        operator('plan/examples', 'begins with the highest pod that leads least, held and relieved of what it leads'),
      ],
    },
    {
      text: 'Does a bad image stop at the first pod, and is it rolled back by putting the specification back?',
      requirement: 'O5',
      tests: [
        smoke('bad-spec', 'a bad spec is refused, or stopped at the first pod, said, and taken back by the one before'),
        operator('plan/examples', 'stops at a pod that does not start, with the words of the kubelet'),
        operator(
          'reconcile/reconciler',
          'gets back the image that it had before the spec named one, whatever a newer operator would give it',
        ),
      ],
    },
    {
      text: 'Is a cluster that was wrong from the start mended by its specification alone?',
      requirement: 'O5',
      tests: [
        full(
          'mended-spec',
          'what keeps several pods from starting is mended by the spec alone: a wrong image of a new cluster, too many nodes for the machines',
        ),
        operator('plan/examples', 'goes on with a pod that serves nobody, whatever else is wrong: it may be the cure'),
      ],
    },
    {
      text: 'Is an older version of the nodes tested against newer data (downgrade)?',
      tests: [],
      but: 'No. There is one version so far.',
    },
  ],
};
