// SPDX-License-Identifier: Apache-2.0
import { full, operator, type Level } from '../question.ts';

export const operatorReliability: Level = {
  title: 'Reliability of the operator itself',
  questions: [
    {
      text: 'Killed before or after any of its writes, does it end in the same state?',
      requirement: 'O9',
      tests: [
        operator('reconcile/reconciler', 'ends as it should, whichever effect is the last one of an operator'),
        full(
          'operator-killed',
          'an operator that is killed once after each kind of step scales and upgrades a cluster as one that lives does',
        ),
      ],
    },
    {
      text: 'Are two operators at once harmless?',
      requirement: 'O7',
      tests: [
        full(
          'two-operators',
          'of two operators one acts, also after their lease is deleted under them and after both are killed',
        ),
        operator(
          'reconcile/two-operators',
          'the one that took charge first is refused by the store, and all ends as it should',
        ),
        operator('runtime/leader/elector.property', 'at no time two processes believe that they lead'),
      ],
    },
    {
      text: 'Do clusters serve and heal without it, and without the API server?',
      requirement: 'E2',
      tests: [
        full(
          'operator-absent',
          'without its operator a cluster serves and heals, and what was asked for meanwhile is done when it is back',
        ),
        full(
          'api-server-down',
          'a minute without the API server: redirects and writes go on, and the operator is there again afterwards',
        ),
      ],
    },
    {
      text: 'Does everything go on while the object store is away?',
      requirement: 'E2',
      tests: [
        full(
          'object-store-away',
          'while the object store is away everything goes on, and the cluster says so; then what waited is uploaded',
        ),
      ],
    },
    {
      text: 'Does it write nothing to the API server when there is nothing to do?',
      requirement: 'O2',
      tests: [
        operator('reconcile/reconciler', 'is made from the smallest object, and then nothing is written any more'),
      ],
    },
    {
      text: 'Does its view of the API server survive dead connections, lost history and a server that hangs?',
      requirement: 'O1',
      tests: [
        operator(
          'runtime/informer/informer.property',
          'after any faults the cache is what the server has, and the changes add up to it',
        ),
        operator('runtime/controller/read-your-writes', 'unless the controller waits until it has read its own writes'),
      ],
    },
    {
      text: 'Is the Kubernetes of its fast tests a faithful one?',
      requirement: 'O9',
      tests: [
        {
          file: 'operator/testing/controllers/controllers.test.ts',
          title: 'whatever the order of their work, controllers come to the same end',
        },
      ],
      but: 'Its promises are a suite of their own, which runs on the double in every test run, and on a real cluster when it is asked to.',
    },
  ],
};
