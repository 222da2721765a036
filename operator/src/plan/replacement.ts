// SPDX-License-Identifier: Apache-2.0
import { podName } from '../desired/names.ts';
import { disruptionProblem, isOfNoUse } from './disruption.ts';
import type { Intent } from './intent.ts';
import { claimOf, isForgotten, nodeOf, ordinalOf, podOf } from './nodes-of-pods.ts';
import type { ClaimState, Observed, StoreNode } from './observed.ts';
import type { Part, Step } from './step.ts';

/** Which node's data a volume holds is written on the claim as soon as it is seen: later nobody could say. */
export function planRecords(observed: Observed, { name }: Intent): Part {
  const steps = observed.claims.flatMap((claim): Step[] => {
    const node = claim.nodeId === undefined ? nodeOf(observed, name, claim.ordinal) : undefined;
    const isThere = podOf(observed, claim.ordinal)?.isReady === true;
    if (node === undefined || !isThere || node.liveness !== 'alive') return [];
    const reason = `it holds the data of node ${node.id}`;
    return [{ action: { kind: 'recordNode', claim: claim.name, nodeId: node.id }, reason }];
  });
  return { steps };
}

/**
 * What a pod cannot know by itself. Its zone: where it runs is known only once it is scheduled, and only to who may read machines.
 * And whether its node is to stand still, which is nobody's disruption but the user's.
 */
export function planTellings({ pods, kubeNodes }: Observed, { fencedPods }: Intent): Part {
  const steps = pods.flatMap((pod): Step[] => {
    const { name, uid, resourceVersion, kubeNode } = pod;
    const zone = kubeNodes.find((machine) => machine.name === kubeNode)?.zone ?? pod.zone;
    const isFenced = fencedPods.includes(name);
    const reasons: string[] = [];
    if (zone !== undefined && zone !== pod.zone) reasons.push(`its machine ${kubeNode} is in zone ${zone}`);
    if (isFenced !== pod.isFenced)
      reasons.push(isFenced ? 'spec.fencedNodes names it' : 'spec.fencedNodes does not name it any more');
    if (reasons.length === 0 || pod.isDeleting) return [];
    const version = { uid, resourceVersion };
    return [{ action: { kind: 'tellPod', pod: name, version, zone, isFenced }, reason: reasons.join(', and ') }];
  });
  return { steps };
}

/**
 * A volume that is gone for good: claim and pod are made anew, empty, and the new node takes the old one's place. A pod whose
 * volume was only declared lost may run on and serve: it goes like any other that is whole, one at a time.
 */
export function planLostVolumes(observed: Observed, intent: Intent): Part {
  const lost = observed.claims.filter(({ isLost }) => isLost);
  const anew = (claim: ClaimState): Step[] => renew(observed, claim, `the volume of ${claim.name} is lost`);
  // First those that nobody misses: others may wait for them.
  const unused = lost.filter(({ ordinal }) => {
    const pod = podOf(observed, ordinal);
    return pod === undefined || isOfNoUse(observed, intent, pod);
  });
  if (unused.length > 0) return { steps: unused.flatMap(anew) };
  const [claim] = lost;
  if (claim === undefined) return { steps: [] };
  const problem = disruptionProblem(observed, intent, claim.ordinal);
  if (problem !== undefined)
    return { steps: [], waitingFor: `${problem}, before the lost volume ${claim.name} is made anew` };
  return { steps: anew(claim) };
}

/** A node that the cluster has forgotten does not come back. Where its pod is wanted again, it begins anew with an empty volume. */
export function planForgotten(observed: Observed, intent: Intent): Part {
  const steps = observed.claims.flatMap((claim): Step[] => {
    if (claim.ordinal >= intent.replicas || intent.drainedPods.includes(podName(intent.name, claim.ordinal))) return [];
    if (!isForgotten(observed, intent.name, claim.ordinal)) return [];
    return renew(observed, claim, `the cluster has forgotten node ${claim.nodeId ?? ''}, whose data it holds`);
  });
  return { steps };
}

/** Claim and pod are made anew by the StatefulSet. */
function renew(observed: Observed, claim: ClaimState, reason: string): Step[] {
  const { name, uid, resourceVersion } = claim;
  const steps: Step[] = [];
  if (!claim.isDeleting)
    steps.push({ action: { kind: 'deleteClaim', claim: name, version: { uid, resourceVersion } }, reason });
  const pod = podOf(observed, claim.ordinal);
  if (pod !== undefined && !pod.isDeleting) {
    const version = { uid: pod.uid, resourceVersion: pod.resourceVersion };
    steps.push({ action: { kind: 'deletePod', pod: pod.name, version }, reason });
  }
  return steps;
}

/**
 * Nodes whose volume does not exist any more: the cluster need not wait for them. Only what is written on claims counts: a claim
 * of the same name that names no node yet may be the very volume.
 */
export function planHasten(observed: Observed, intent: Intent): Part {
  const steps = (observed.store?.nodes ?? []).flatMap((node): Step[] => {
    if (node.liveness !== 'suspect' && node.liveness !== 'down') return [];
    const reason = goneReason(observed, intent, node);
    return reason === undefined ? [] : [{ action: { kind: 'hastenNode', nodeId: node.id }, reason }];
  });
  return { steps };
}

function goneReason(observed: Observed, { name, isSuspended }: Intent, node: StoreNode): string | undefined {
  const ordinal = ordinalOf(name, node.name);
  if (ordinal === undefined || isSuspended) return undefined;
  if (observed.claims.some(({ nodeId }) => nodeId === node.id)) return undefined;
  const claim = claimOf(observed, ordinal);
  if (claim === undefined) return `the volume of node ${node.name} (${node.id}) does not exist any more`;
  if (claim.nodeId === undefined) return undefined;
  return `the volume of node ${node.name} (${node.id}) was replaced by one of node ${claim.nodeId}`;
}

/** Holds end where the pod is there again, as it should be. */
export function planReleases(observed: Observed, intent: Intent): Part {
  const steps = (observed.store?.nodes ?? []).flatMap((node): Step[] => {
    const ordinal = ordinalOf(intent.name, node.name);
    const pod = ordinal === undefined ? undefined : podOf(observed, ordinal);
    const isBack = pod?.isReady === true && !pod.isDeleting && pod.templateHash === intent.templateHash;
    if (!node.isHeld || !isBack || node.liveness !== 'alive') return [];
    return [{ action: { kind: 'releaseNode', nodeId: node.id }, reason: `pod ${pod.name} is back` }];
  });
  return { steps };
}

/** Pods on machines that do not answer. What runs there may still run: nothing is deleted by force. */
export function unreachableAdvice({ pods, kubeNodes }: Observed): string | undefined {
  for (const pod of pods) {
    const machine = kubeNodes.find(({ name }) => name === pod.kubeNode);
    if (machine === undefined || machine.isReady) continue;
    return `machine ${machine.name} of pod ${pod.name} does not answer: once it is off for certain, taint it with node.kubernetes.io/out-of-service=nodeshutdown:NoExecute, or delete the pod and its volume claim by force`;
  }
  return undefined;
}
