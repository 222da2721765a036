// SPDX-License-Identifier: Apache-2.0
import { conditionTable } from '../../operator/src/reconcile/condition-table.ts';
import { eventReason, eventTable, failedEventReason } from '../../operator/src/reconcile/event-table.ts';
import { code, page, table } from './markdown.ts';

const intro = `What a ShortLinkCluster says of itself, and what the operator writes about it. Look at \`kubectl get slc NAME -o wide\`,
\`kubectl describe slc NAME\`, \`kubectl shortlink status NAME\`. Names of conditions, reasons and events can be relied on by programs; messages are
for people and may change.

Alert on \`Ready\`, \`Degraded\`, \`UploadsHealthy\` and \`CertificatesValid\`; the operator shows all of them as the metric
\`shortlink_operator_cluster_condition\`. Others tell what is going on. What is under way, and what it waits for, is in \`status.plan\`.`;

const conditionsIntro = `Each has a status, a reason that programs can compare, a message for people, the generation of the specification that it
is about, and the time at which its status last changed.`;

const eventsIntro = `Each step of the operator is an event of the ShortLinkCluster, of type \`Normal\`, when it was done; its note says what it was about and why it was
needed. A step that failed is one of type \`Warning\` with the reason of the step and \`Failed\`; it is tried again, ever less often, and \`Degraded\` is
\`True\` with the reason \`StepFailed\` meanwhile. The same event again raises a counter. Kubernetes forgets events after an hour or so.`;

/** The conditions and the events of a ShortLinkCluster, with every reason that they can have. */
export function conditionsPage(): string {
  const conditions = Object.entries(conditionTable).flatMap(([type, { meaning, reasons }]) => [
    `### ${type}`,
    `\`True\`: ${meaning}`,
    table(
      ['reason', 'status', 'meaning', 'what to do'],
      Object.entries(reasons).map(([reason, text]) => [code(reason), text.status, text.meaning, text.todo]),
    ),
  ]);
  const kinds = Object.keys(eventTable) as (keyof typeof eventTable)[];
  const events = kinds.map((kind) => {
    const { meaning, failed } = eventTable[kind];
    return [code(eventReason(kind)), meaning, code(failedEventReason(kind)), failed];
  });
  return page('Conditions and events', 'operator/src/reconcile/condition-table.ts and event-table.ts', [
    intro,
    '## Conditions',
    conditionsIntro,
    ...conditions,
    '## Events',
    eventsIntro,
    table(['reason', 'what was done', 'when it failed', 'what to look at'], events),
  ]);
}
