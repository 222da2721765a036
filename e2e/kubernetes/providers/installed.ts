// SPDX-License-Identifier: Apache-2.0
import { inject } from 'vitest';
import type { ObjectStore } from '../provider.ts';

/** What was made before the first scenario, for all of them. */
export interface Installed {
  readonly kubeconfig: string;
  readonly tag: string;
  readonly nextTag: string;
  /** Name of the kind cluster; undefined: it is none. */
  readonly kindCluster?: string | undefined;
  /** The namespace that all scenarios share; undefined: each one makes its own. */
  readonly namespace?: string | undefined;
  readonly ownCrd: boolean;
  readonly objectStore?: Omit<ObjectStore, 'away' | 'back'> | undefined;
}

declare module 'vitest' {
  interface ProvidedContext {
    kubernetes: Installed;
  }
}

export function installed(): Installed {
  return inject('kubernetes');
}
