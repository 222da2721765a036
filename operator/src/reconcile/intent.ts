// SPDX-License-Identifier: Apache-2.0
import { defined } from '@shortlink/common/assert.ts';
import { quantityBytes } from '../crd/quantity.ts';
import type { ShortLinkCluster } from '../crd/shortlink-cluster.gen.ts';
import type { Intent } from '../plan/intent.ts';

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
    isPaused: spec.paused,
    isSuspended: spec.suspend,
    uploadReason: settled.uploadReason,
  };
}
