// SPDX-License-Identifier: Apache-2.0
import { canonicalText, fieldsOf, isEqual, mapIn } from '../../objects/json.ts';
import { type ControllerRevision, type StatefulSet, controllerRevisions } from '../../kinds/workloads.ts';
import { matchesSelector } from '../../server/label-selector.ts';
import type { Hands } from '../hands.ts';
import { controllerOf, ownerReference } from './identity.ts';

type Template = StatefulSet['spec']['template'];

export interface Revision {
  readonly name: string;
  readonly template: Template;
}

/** FNV-1a: equal templates have equal names, also of a set that was deleted and made again. */
function hashOf(text: string): string {
  let hash = 0x811c_9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x0100_0193) >>> 0;
  return hash.toString(36);
}

function templateOf(revision: ControllerRevision): Template {
  const template: object = mapIn(mapIn(revision.data, 'spec'), 'template');
  return template as Template;
}

function historyOf(hands: Hands, set: StatefulSet): readonly ControllerRevision[] {
  const all = hands.list(controllerRevisions, set.metadata.namespace);
  for (const one of all) {
    const isOrphan = controllerOf(one) === undefined && matchesSelector(one.metadata.labels, set.spec.selector);
    if (!isOrphan || !one.metadata.name.startsWith(`${set.metadata.name}-`)) continue;
    hands.update(controllerRevisions, {
      ...one,
      metadata: { ...one.metadata, ownerReferences: [ownerReference(set)] },
    });
  }
  return hands
    .list(controllerRevisions, set.metadata.namespace)
    .filter((one) => controllerOf(one)?.uid === set.metadata.uid)
    .toSorted((a, b) => a.revision - b.revision);
}

/** The revision of the set's template, made when it is a new one, and the one that its pods had before. */
export function revisionsOf(hands: Hands, set: StatefulSet): { readonly current: Revision; readonly update: Revision } {
  const history = historyOf(hands, set);
  const { template } = set.spec;
  const same = history.find((one) => isEqual(templateOf(one), template));
  const newest = history.at(-1);
  const name = same?.metadata.name ?? `${set.metadata.name}-${hashOf(canonicalText(fieldsOf(template)))}`;
  const number = (newest?.revision ?? 0) + 1;
  if (same === undefined) {
    hands.create(controllerRevisions, {
      apiVersion: controllerRevisions.apiVersion,
      kind: controllerRevisions.kind,
      metadata: {
        name,
        ...(set.metadata.namespace === undefined ? {} : { namespace: set.metadata.namespace }),
        ...(template.metadata?.labels === undefined ? {} : { labels: template.metadata.labels }),
        ownerReferences: [ownerReference(set)],
      },
      data: { spec: { template: fieldsOf(template) } },
      revision: number,
    });
  } else if (same !== newest) {
    // Back to an older template: its revision becomes the newest one, under its old name.
    hands.update(controllerRevisions, { ...same, revision: number });
  }
  const update = { name, template };
  const before = history.find((one) => one.metadata.name === set.status?.currentRevision);
  const current = before === undefined ? update : { name: before.metadata.name, template: templateOf(before) };
  return { current, update };
}
