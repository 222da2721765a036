// SPDX-License-Identifier: Apache-2.0
import { charts, full, operator, smoke, type Level } from '../question.ts';

export const basicInstall: Level = {
  title: 'Level 1: basic install',
  questions: [
    {
      text: 'Is a cluster made from one small object, with a default for everything else?',
      requirement: 'K2',
      tests: [
        smoke(
          'install',
          'a cluster of few words follows its first link within three minutes of an installation from nothing',
        ),
        operator('crd/read-cluster', 'needs the size of its volumes, and has a default for all else'),
      ],
    },
    {
      text: 'Is the operator installed by a chart that is checked and asks for no more rights than it uses?',
      requirement: 'H1',
      tests: [
        charts('operator-chart', 'passes helm lint, and renders what is in testdata'),
        charts('operator-chart', 'has a schema that names every value of values.yaml, and refuses all others'),
        operator('rights/rights', 'are what it asks for, all of it and nothing else'),
      ],
    },
    {
      text: 'Do its charts leave data when they are upgraded, uninstalled and installed again?',
      requirement: 'H1',
      tests: [
        full(
          'helm',
          'what the charts install passes helm test, and an upgrade, an uninstallation and another installation keep the links',
        ),
      ],
    },
    {
      text: 'Can it be confined to some namespaces?',
      requirement: 'H1',
      tests: [charts('operator-chart', 'narrows its rights to Roles in the namespaces that are watched')],
    },
    {
      text: 'Is a wrong specification refused in words, without a webhook?',
      requirement: 'K1',
      tests: [
        smoke('bad-spec', 'a bad spec is refused, or stopped at the first pod, said, and taken back by the one before'),
        operator(
          'crd/rules',
          'have each an accepted and a rejected object, and no object is of a rule that is not there',
        ),
      ],
    },
    {
      text: 'Does the status say how things are, as conditions with a reason for everything, and what is waited for?',
      requirement: 'K2',
      tests: [
        operator('reconcile/status', 'names the next step and its reason'),
        operator('reconcile/condition-table', 'has no type and no reason that nobody writes'),
        operator('cli/commands/status', 'says what is wrong with a cluster, and what the operator waits for'),
      ],
    },
    {
      text: 'Can users add to the pods what they need, without taking away what a node is?',
      requirement: 'K2',
      tests: [
        operator(
          'desired/desired-objects',
          'no template of a user takes away who a node is, what it runs, and where its data is',
        ),
        operator('desired/merge', 'merges containers by name, and takes variables and volumes as a whole'),
      ],
    },
    {
      text: 'Is an uninstallation harmless for data?',
      requirement: 'H1',
      tests: [charts('operator-chart', 'installs the definition as it is in crds/, and leaves it behind')],
    },
    {
      text: 'Does a deleted namespace go, without finalizers that wait for an operator that is gone?',
      requirement: 'E2',
      tests: [
        full(
          'namespace-deleted',
          'a namespace that is deleted goes with everything in it, and nothing is made in it again',
        ),
      ],
    },
  ],
};
