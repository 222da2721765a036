// SPDX-License-Identifier: Apache-2.0
import { namespacesOf } from '../kinds/infrastructure.ts';
import type { Core } from '../server/core.ts';
import type { Controller } from './controllers.ts';
import { Hands } from './hands.ts';

/** Empties a namespace that is being deleted, and then lets it go. */
export class NamespaceController implements Controller {
  readonly name = 'namespaces';
  readonly #core: Core;
  readonly #hands: Hands;

  constructor(core: Core) {
    this.#core = core;
    this.#hands = new Hands(core, 'kube-controller-manager');
  }

  keys(): readonly string[] {
    return this.#core
      .list(namespacesOf)
      .filter((one) => one.metadata.deletionTimestamp !== undefined)
      .map((one) => one.metadata.name);
  }

  sync(name: string): void {
    const namespace = this.#core.get(namespacesOf, { namespace: undefined, name });
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    if (namespace.status?.phase !== 'Terminating') {
      this.#hands.updateStatus(namespacesOf, namespace, { phase: 'Terminating' });
      return;
    }
    const content = this.#core.kinds
      .filter((kind) => kind.resource.namespaced)
      .flatMap(({ resource }) => this.#core.list(resource, name).map((object) => ({ resource, object })));
    const [next] = content.filter(({ object }) => object.metadata.deletionTimestamp === undefined);
    if (next !== undefined) this.#hands.delete(next.resource, next.object, { propagation: 'Background' });
    else if (content.length === 0) this.#hands.update(namespacesOf, { ...namespace, spec: { finalizers: [] } });
  }
}
