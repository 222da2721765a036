// SPDX-License-Identifier: Apache-2.0
import type { JsonMap } from '../objects/json.ts';
import type { Condition, Pod, PodStatus } from '../kinds/workloads.ts';
import { timestamp } from '../server/deletion.ts';

export interface Observed {
  readonly phase: 'Pending' | 'Running' | 'Failed' | 'Succeeded';
  readonly isReady: boolean;
  readonly restarts: number;
  readonly podIp: string | undefined;
  /** The state of the containers, as `containerStatuses[].state`. */
  readonly state: JsonMap;
}

/** Conditions keep the time of their last change, and those of others are left alone. */
export function withConditions(
  old: readonly Condition[],
  changes: readonly Pick<Condition, 'type' | 'status' | 'reason' | 'message'>[],
  nowMs: number,
): readonly Condition[] {
  const out = new Map(old.map((one) => [one.type, one]));
  for (const change of changes) {
    const before = out.get(change.type);
    const isSame = before?.status === change.status;
    const since = isSame ? before?.lastTransitionTime : undefined;
    out.set(change.type, { ...change, lastTransitionTime: since ?? timestamp(nowMs) });
  }
  return [...out.values()];
}

function flag(value: boolean): string {
  return value ? 'True' : 'False';
}

/** What the kubelet says of a pod. `Ready` needs the containers and every readiness gate. */
export function podStatus(pod: Pod, seen: Observed, nowMs: number): PodStatus {
  const old = pod.status?.conditions ?? [];
  const gates = (pod.spec.readinessGates ?? []).map((gate) => gate.conditionType);
  const closed = gates.find((type) => old.find((one) => one.type === type)?.status !== 'True');
  const isRunning = seen.phase === 'Running';
  const containers = isRunning && seen.isReady;
  const why = containers ? { reason: 'ReadinessGatesNotReady' } : { reason: 'ContainersNotReady' };
  const isReady = containers && closed === undefined;
  const conditions = withConditions(
    old,
    [
      { type: 'PodScheduled', status: 'True' },
      { type: 'Initialized', status: flag(seen.phase !== 'Pending') },
      { type: 'ContainersReady', status: flag(containers), ...(containers ? {} : { reason: 'ContainersNotReady' }) },
      { type: 'Ready', status: flag(isReady), ...(isReady ? {} : why) },
    ],
    nowMs,
  );
  return {
    ...pod.status,
    phase: seen.phase,
    conditions,
    startTime: pod.status?.startTime ?? timestamp(nowMs),
    ...(seen.podIp === undefined ? {} : { podIP: seen.podIp }),
    containerStatuses: pod.spec.containers.map((one) => ({
      name: one.name,
      image: one.image,
      imageID: isRunning ? `sha256:${one.image}` : '',
      ready: containers,
      restartCount: seen.restarts,
      state: seen.state,
    })),
  };
}
