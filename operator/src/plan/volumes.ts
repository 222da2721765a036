// SPDX-License-Identifier: Apache-2.0
import type { Intent } from './intent.ts';
import type { ClaimState, Observed } from './observed.ts';
import type { Part, Step } from './step.ts';

/**
 * Larger volumes, whatever else is wrong: a full disk is a reason to grow and must not keep anybody from it. The StatefulSet
 * is made anew, without its pods, once all volumes that can grow have been asked for, so that later ones are as large: those
 * that cannot grow are replaced by them.
 */
export function planVolumes({ claims, statefulSet }: Observed, { volumeBytes }: Intent): Part {
  const small = claims.filter(
    ({ requestedBytes, capacityBytes, isDeleting, isLost }) =>
      // Before there is a volume the API server lets nobody ask for a larger one.
      requestedBytes < volumeBytes && capacityBytes !== undefined && !isDeleting && !isLost,
  );
  const grow = small
    .filter(({ canGrow }) => canGrow === true)
    .map((claim): Step => {
      const reason = `spec.storage.size is ${volumeBytes} bytes, and ${claim.name} asks for ${claim.requestedBytes}`;
      return { action: { kind: 'growClaim', claim: claim.name, bytes: volumeBytes }, reason };
    });
  const refusals = small
    .filter(({ canGrow }) => canGrow !== true)
    .map((claim) => `volume ${claim.name} stays at ${claim.requestedBytes} bytes: ${whyNot(claim)}`);
  if (grow.length > 0) return { steps: grow, refusals };
  if (statefulSet !== undefined && statefulSet.claimBytes !== volumeBytes) {
    const { uid, resourceVersion } = statefulSet;
    const reason = 'volumes that it makes later are to be as large as the others; its pods stay';
    return {
      steps: [{ action: { kind: 'recreateStatefulSet', version: { uid, resourceVersion } }, reason }],
      refusals,
    };
  }
  return { steps: [], refusals, waitingFor: growing(claims, volumeBytes) };
}

function whyNot({ name, canGrow }: ClaimState): string {
  return canGrow === false
    ? 'its storage class does not allow volumes to grow; replace its node by a new one, or change the class'
    : `its storage class cannot be read; let the operator read it (watchMachines: true), or set the size that PersistentVolumeClaim ${name} requests yourself`;
}

/** Kubernetes deletes volumes that belong to a cluster after it, also while no operator runs. */
export function planDeletion({ claims }: Observed, { deletesVolumes }: Intent): Part {
  const steps = claims
    .filter(({ goesWithCluster, isDeleting }) => goesWithCluster !== deletesVolumes && !isDeleting)
    .map(({ name }): Step => {
      const reason = `spec.deletionPolicy is ${deletesVolumes ? 'DeleteVolumes' : 'Retain'}`;
      return { action: { kind: 'tieClaim', claim: name, goesWithCluster: deletesVolumes }, reason };
    });
  return { steps };
}

function growing(claims: readonly ClaimState[], volumeBytes: number): string | undefined {
  const claim = claims.find(
    ({ requestedBytes, capacityBytes, isLost }) =>
      !isLost && requestedBytes >= volumeBytes && capacityBytes !== undefined && capacityBytes < volumeBytes,
  );
  if (claim === undefined) return undefined;
  const { name, capacityBytes, resizeProblem } = claim;
  return `volume ${name} to grow from ${capacityBytes} to ${volumeBytes} bytes${resizeProblem === undefined ? '' : ` (${resizeProblem})`}`;
}
