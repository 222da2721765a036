// SPDX-License-Identifier: Apache-2.0
import { full, operator, type Level } from '../question.ts';

export const deepInsights: Level = {
  title: 'Level 4: deep insights',
  questions: [
    {
      text: 'Has the operator the metrics that dashboards of controllers expect, and metrics of each cluster?',
      requirement: 'H3',
      tests: [
        operator(
          'reconcile/cluster-metrics',
          'a cluster is published as its status says, and forgotten once it is gone',
        ),
      ],
    },
    {
      text: 'Are there dashboards, every query of which is run against a real Prometheus?',
      requirement: 'H3',
      tests: [
        { file: 'e2e/monitoring/dashboards.e2e.ts', title: '%s: every query has an answer' },
        { file: 'tools/tidy/monitoring.test.ts', title: 'is about metrics, labels and values that there are' },
      ],
    },
    {
      text: 'Are there alerts that are tested to fire and to stay quiet, with a runbook each?',
      requirement: 'H3',
      tests: [
        { file: 'e2e/monitoring/rules.e2e.ts', title: 'fire and stay quiet as %s says' },
        { file: 'e2e/monitoring/dashboards.e2e.ts', title: 'no alert is about to fire in a cluster that is well' },
        {
          file: 'tools/tidy/monitoring.test.ts',
          title: 'has a runbook, and each runbook has an alert and is in the list of them',
        },
      ],
    },
    {
      text: 'Is every step an event with its reason, without floods?',
      requirement: 'O1',
      tests: [
        operator('reconcile/condition-table', 'has no action that nobody plans'),
        operator(
          'runtime/events/event-recorder',
          'the same again is one event with a series, written every 30 s at most',
        ),
      ],
    },
    {
      text: 'Does it say what it would do, before it is done?',
      requirement: 'O2',
      tests: [
        operator('cli/commands/plan', 'shows what a changed spec would do to it, and changes nothing'),
        operator('cli/commands/plan', 'plans the same as the operator does next'),
      ],
    },
    {
      text: 'Can people look and act with kubectl, by ways that the operator knows of?',
      requirement: 'O10',
      tests: [
        full('plugin', 'each command of kubectl shortlink does on a real cluster what it says, and no visitor notices'),
      ],
    },
    {
      text: 'Is there a support bundle without secrets?',
      requirement: 'O10',
      tests: [
        operator('cli/commands/report', 'is an archive with all that helps, and with no secret, wherever one was put'),
      ],
    },
  ],
};
