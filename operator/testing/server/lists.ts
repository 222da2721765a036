// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, ListOptions, ListPage, Resource } from '../../src/ports/kube-api.ts';
import { isMap } from '../objects/json.ts';
import { badRequest, expired } from './failures.ts';
import { selectorTest } from './label-selector.ts';
import { type ObjectStore, keyOf } from './object-store.ts';

interface Position {
  readonly revision: number;
  /** Namespace and name of the last object of the page before. */
  readonly after: string;
}

function encode(position: Position): string {
  return btoa(JSON.stringify(position));
}

function decode(token: string): Position {
  try {
    const position: unknown = JSON.parse(atob(token));
    if (isMap(position) && typeof position['revision'] === 'number' && typeof position['after'] === 'string') {
      return { revision: position['revision'], after: position['after'] };
    }
  } catch {
    // Answered below, as every other text that is no token.
  }
  throw badRequest('continue key is not valid');
}

function placeOf(object: KubeObject): string {
  const { namespace, name } = keyOf(object);
  return `${namespace ?? ''}/${name}`;
}

/** One page. All pages of a list show the objects as they were at the first one. */
export function listPage(store: ObjectStore, resource: Resource, options: ListOptions, visible: number): ListPage {
  const from = options.continue === undefined ? undefined : decode(options.continue);
  const revision = from?.revision ?? visible;
  if (revision < store.forgotten) throw expired('The provided continue parameter');
  const isWanted = selectorTest(options.labelSelector);
  const rest = store
    .allAt(resource, revision)
    .filter((one) => options.namespace === undefined || one.metadata.namespace === options.namespace)
    .filter((one) => options.name === undefined || one.metadata.name === options.name)
    .filter((one) => isWanted(one.metadata.labels) && (from === undefined || placeOf(one) > from.after));
  const items = rest.slice(0, options.limit);
  const last = items.at(-1);
  const isMore = items.length < rest.length && last !== undefined;
  return {
    items,
    resourceVersion: String(revision),
    continue: isMore ? encode({ revision, after: placeOf(last) }) : undefined,
  };
}
