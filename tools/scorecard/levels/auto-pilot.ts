// SPDX-License-Identifier: Apache-2.0
import { full, operator, smoke, type Level } from '../question.ts';

export const autoPilot: Level = {
  title: 'Level 5: auto pilot',
  questions: [
    {
      text: 'Does it heal a killed pod, a lost volume, a machine that was off or cut off?',
      requirement: 'E2',
      tests: [
        smoke('pod-killed', 'a pod that is killed under load comes back, and nothing is lost'),
        full(
          'pod-and-volume-deleted',
          'a pod that comes back without its volume joins as a new node, and the old one is forgotten',
        ),
        full('machine-off', 'a machine that is powered off and on costs nothing but time'),
        full(
          'partition',
          'a machine that nobody reaches: the others go on, the cut-off node answers nothing old, and is one of them again',
        ),
      ],
    },
    {
      text: 'Is data rebalanced by itself?',
      requirement: 'O7',
      tests: [
        full(
          'ring-after-death',
          'after the death of a node its chunks get their second copies elsewhere, and a node that comes back late is taken in',
        ),
      ],
    },
    {
      text: 'Is a pod on a machine that does not answer left alone, and the way out told?',
      requirement: 'O7',
      tests: [operator('plan/examples', 'on a machine that does not answer is left alone, and the way out is told')],
    },
    {
      text: 'Do volumes grow by themselves?',
      tests: [],
      but: 'No. An alert says when they fill; you raise `spec.storage.size`.',
    },
    {
      text: 'Is the number of nodes scaled automatically?',
      tests: [],
      but: 'No, and not advised: the subresource `scale` is there.',
    },
    { text: 'Does it tune itself, or detect anomalies?', tests: [], but: 'No.' },
  ],
};
