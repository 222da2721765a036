// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { durationMs } from '../crd/duration.ts';
import { quantityBytes } from '../crd/quantity.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import { certificateNames } from '../desired/certificates.ts';
import { objectNames } from '../desired/names.ts';
import type { Intent, TlsIntent } from '../plan/intent.ts';

/** What of the object has an order to be done in. */
export function intentOf(
  { metadata, spec }: ShortLinkCluster,
  settled: { readonly templateHash: string; readonly uploadReason: string | undefined },
): Intent {
  return {
    name: metadata.name,
    replicas: spec.replicas,
    templateHash: settled.templateHash,
    volumeBytes: defined(quantityBytes(spec.storage.size), 'the size of volumes, which was checked with the object'),
    deletesVolumes: spec.deletionPolicy === 'DeleteVolumes',
    drainedPods: spec.drainedNodes,
    isPaused: spec.paused,
    isSuspended: spec.suspend,
    uploadReason: settled.uploadReason,
    fencedPods: spec.fencedNodes,
    tls: tlsIntentOf({ metadata, spec }),
  };
}

/** Undefined with mode Disabled. */
export function tlsIntentOf({ metadata, spec }: Pick<ShortLinkCluster, 'metadata' | 'spec'>): TlsIntent | undefined {
  const { mode, secretRef, duration, renewBefore } = spec.tls;
  if (mode === 'Disabled') return undefined;
  const { name, namespace = 'default' } = metadata;
  const { authority, nodesTls } = objectNames(name);
  const checked = (text: string): number => defined(durationMs(text), `the time ${text}, which was checked`);
  return {
    mode,
    authoritySecret: authority,
    nodesSecret: secretRef?.name ?? nodesTls,
    dnsNames: certificateNames({ name, namespace }),
    durationMs: checked(duration),
    renewBeforeMs: checked(renewBefore),
  };
}
