// SPDX-License-Identifier: Apache-2.0
import type { Resource } from './kube-api.ts';

/** Which kinds of objects the API server knows. */
export interface KubeDiscovery {
  /** False only by the server's own word; throws KubeError when it does not say. */
  serves(resource: Resource, signal: AbortSignal): Promise<boolean>;
}
