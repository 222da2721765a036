// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import type { KubeApi, KubeObject, ListPage, Resource } from '../../ports/kube-api.ts';

// More than any cluster holds of one kind: a server that never ends its list must not fill the memory.
const maxPages = 2000;

export interface Scope {
  /** Undefined: all of them. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
}

export interface Listed {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}

/** Reads a whole list, page by page; as new as the server's storage is, since no version is asked for. */
export async function listAll(
  api: KubeApi,
  resource: Resource,
  options: Scope & { readonly pageSize: number | undefined },
  signal: AbortSignal,
): Promise<Listed> {
  const { namespace, labelSelector, pageSize } = options;
  const items: KubeObject[] = [];
  let page: ListPage | undefined;
  for (let pages = 0; page === undefined || page.continue !== undefined; pages++) {
    assert(pages < maxPages, `the list of ${resource.plural} has more than ${maxPages} pages`);
    page = await api.list(resource, { namespace, labelSelector, limit: pageSize, continue: page?.continue }, signal);
    items.push(...page.items);
  }
  return { items, resourceVersion: page.resourceVersion };
}
