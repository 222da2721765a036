// SPDX-License-Identifier: Apache-2.0
import type { DeleteOptions, KubeObject, ObjectKey } from '../../src/ports/kube-api.ts';
import { fieldsOf, objectOf } from '../objects/json.ts';
import type { Core } from '../server/core.ts';
import type { ResourceOf } from '../server/kind.ts';
import { keyOf } from '../server/object-store.ts';

/** What a controller does to objects, under its own name as a manager of fields. */
export class Hands {
  readonly #core: Core;
  readonly #manager: string;

  constructor(core: Core, manager: string) {
    this.#core = core;
    this.#manager = manager;
  }

  get nowMs(): number {
    return this.#core.nowMs;
  }

  get<T extends KubeObject>(resource: ResourceOf<T>, key: ObjectKey): T | undefined {
    return this.#core.get(resource, key);
  }

  list<T extends KubeObject>(resource: ResourceOf<T>, namespace?: string): readonly T[] {
    return this.#core.list(resource, namespace);
  }

  create<T extends KubeObject>(resource: ResourceOf<T>, object: T): void {
    this.#core.create(resource, object, { manager: this.#manager, operation: 'Update', subresource: undefined });
  }

  update<T extends KubeObject>(resource: ResourceOf<T>, object: T): void {
    this.#core.replace(resource, object, { manager: this.#manager, operation: 'Update', subresource: undefined });
  }

  /** Writes `status` only. */
  updateStatus<T extends KubeObject>(resource: ResourceOf<T>, object: T, status: object): void {
    const next = objectOf({ ...fieldsOf(object), status: fieldsOf(status) });
    this.#core.replace(resource, next, { manager: this.#manager, operation: 'Update', subresource: 'status' });
  }

  /** Deletes that very object, not one of the same name. */
  delete<T extends KubeObject>(resource: ResourceOf<T>, object: T, options: DeleteOptions = {}): void {
    this.#core.delete(resource, keyOf(object), { ...options, uid: object.metadata.uid });
  }
}
