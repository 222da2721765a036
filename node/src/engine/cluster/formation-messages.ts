// SPDX-License-Identifier: Apache-2.0
import type { ClusterId } from '@shortlink/common/ids.ts';
import type { ClusterMap, NodeDescription } from '../../core/cluster/cluster-map.ts';
import type { FormationRecord } from '../../core/cluster/meta-commands.ts';

/** What nodes ask each other before they share a cluster (design §3, Formation). JSON on the wire: rare and worth reading. */
export type FormationQuestion =
  | { readonly kind: 'hello'; readonly name: string }
  /** Promise yourself durably to this formation; an unstarted promise to another one is replaced. */
  | { readonly kind: 'promise'; readonly record: FormationRecord }
  /** Every founder has promised: start. */
  | { readonly kind: 'start'; readonly clusterId: ClusterId }
  | { readonly kind: 'join'; readonly node: NodeDescription };

export type FormationAnswer =
  | { readonly kind: 'empty'; readonly node: NodeDescription }
  | { readonly kind: 'promised'; readonly node: NodeDescription; readonly clusterId: ClusterId }
  | { readonly kind: 'member'; readonly node: NodeDescription; readonly clusterId: ClusterId }
  | { readonly kind: 'joined'; readonly clusterId: ClusterId; readonly map: ClusterMap }
  | { readonly kind: 'refused'; readonly message: string };
