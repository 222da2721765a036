// SPDX-License-Identifier: Apache-2.0
import type { OptionTable } from '@shortlink/common/options.ts';

/** What of a lost cluster is taken, and how; for all commands that rebuild one. */
export const rebuildFlags = {
  cluster: { kind: 'string', help: 'Id of the lost cluster, where the object store holds several.' },
  adopt: {
    kind: 'bool',
    default: false,
    help: 'Use the chunks where they are instead of copying them. Only when the old cluster is gone for good: the new one will delete what it no longer needs.',
  },
  again: { kind: 'bool', default: false, help: 'Also when the cluster was rebuilt before.' },
  'skip-damaged': {
    kind: 'bool',
    default: false,
    help: 'Leave out chunks that are missing or damaged, and lose their links, instead of refusing.',
  },
} as const satisfies OptionTable;
