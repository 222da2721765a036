// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, Resource } from '../../ports/kube-api.ts';
import { keyOfObject, keyText } from '../../ports/resource-key.ts';
import type { Change } from '../informer/object-cache.ts';

interface Goal {
  readonly uid: string | undefined;
  /** Undefined: it is to go. */
  readonly resourceVersion: string | undefined;
  /** Lists with a higher number began after the write. */
  readonly listsStarted: number;
}

export interface PendingWriteOptions {
  readonly resource: Resource;
  readonly target: string;
  readonly startedMs: number;
  readonly isSeen: boolean;
  readonly listsStarted: () => number;
}

/** One write, from before it is sent until the cache has shown its outcome. */
export class PendingWrite {
  readonly resource: Resource;
  readonly startedMs: number;
  readonly #target: string;
  readonly #listsStarted: () => number;
  /** Versions (and absences) that the cache showed before the answer came. */
  readonly #early = new Set<string>();
  #goal: Goal | undefined;
  #isSeen: boolean;

  constructor({ resource, target, startedMs, isSeen, listsStarted }: PendingWriteOptions) {
    this.resource = resource;
    this.startedMs = startedMs;
    this.#target = target;
    this.#isSeen = isSeen;
    this.#listsStarted = listsStarted;
  }

  get isSeen(): boolean {
    return this.#isSeen;
  }

  get what(): string {
    const verb = this.#goal === undefined ? 'a write of' : this.#goal.resourceVersion === undefined ? 'the end of' : '';
    return `${verb} ${this.resource.plural} ${this.#target}`.trim();
  }

  /** `current`: what the cache has now. */
  wrote(object: KubeObject, current: KubeObject | undefined): void {
    const { uid, resourceVersion } = object.metadata;
    this.#goal = { uid, resourceVersion, listsStarted: this.#listsStarted() };
    if (current !== undefined && versionOf(current) === versionOf(object)) this.#isSeen = true;
    // Shown already, and something newer since.
    if (this.#early.has(versionOf(object))) this.#isSeen = true;
    this.#early.clear();
  }

  deleted(uid: string | undefined, current: KubeObject | undefined): void {
    this.#goal = { uid, resourceVersion: undefined, listsStarted: this.#listsStarted() };
    if (current === undefined || isGoing(current, uid)) this.#isSeen = true;
    this.#early.clear();
  }

  observe(change: Change): void {
    if (this.#isSeen || keyText(keyOfObject(change.object)) !== this.#target) return;
    if (this.#goal === undefined) {
      this.#early.add(versionOf(change.object));
      return;
    }
    if (this.#goal.resourceVersion === undefined) {
      if (change.type === 'deleted' || isGoing(change.object, this.#goal.uid)) this.#isSeen = true;
      return;
    }
    const { uid, resourceVersion } = change.object.metadata;
    if (change.type === 'deleted') {
      // What was written is gone again. The end of its predecessor is not what is waited for.
      if (uid === this.#goal.uid) this.#isSeen = true;
      return;
    }
    if (uid === this.#goal.uid && resourceVersion === this.#goal.resourceVersion) this.#isSeen = true;
  }

  observeList(startedAt: number): void {
    if (this.#goal !== undefined && startedAt > this.#goal.listsStarted) this.#isSeen = true;
  }
}

function versionOf({ metadata }: KubeObject): string {
  return `${metadata.uid}/${metadata.resourceVersion}`;
}

function isGoing({ metadata }: KubeObject, uid: string | undefined): boolean {
  return metadata.deletionTimestamp !== undefined || (uid !== undefined && metadata.uid !== uid);
}
