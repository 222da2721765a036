// SPDX-License-Identifier: Apache-2.0
import { limits } from '@shortlink/common/limits.ts';
import type { ClusterMap } from './cluster-map.ts';
import type { OperatorOrder } from './meta-commands.ts';
import { noted, refused, unchanged } from './meta-state.ts';
import type { MetaState, Outcome } from './meta-state.ts';
import { putOut, setNodeState, withoutHold } from './apply-nodes.ts';

/** Whoever asks is in charge from now on; orders of earlier operators are refused. */
export function takeOperatorEpoch(state: MetaState, map: ClusterMap): Outcome {
  const operatorEpoch = state.operatorEpoch + 1;
  const next = noted(
    { ...state, operatorEpoch },
    { kind: 'operatorEpoch', reason: `epoch ${operatorEpoch} was taken` },
  );
  return { state: next, result: { ok: true, epoch: map.epoch, operatorEpoch } };
}

export function obey(
  state: MetaState,
  map: ClusterMap,
  { operatorEpoch, order }: { readonly operatorEpoch: number; readonly order: OperatorOrder },
): Outcome {
  if (operatorEpoch !== state.operatorEpoch) {
    const message = `operator epoch ${operatorEpoch} is not the current one, ${state.operatorEpoch}: somebody else is in charge`;
    return refused(state, message);
  }
  const { nodeId } = order;
  if (!map.nodes.some((node) => node.id === nodeId)) return refused(state, `there is no node ${nodeId}`);
  switch (order.type) {
    case 'hold':
      return hold(state, map, order);
    case 'release':
      return release(state, map, order);
    case 'hasten':
      return putOut(state, map, { nodeId, why: `operator ${operatorEpoch}: gone for good` });
    case 'drain':
      return setNodeState(state, map, { nodeId, state: 'draining', why: `operator ${operatorEpoch}: is to leave` });
    case 'keep':
      return setNodeState(state, map, { nodeId, state: 'active', why: `operator ${operatorEpoch}: is to stay` });
  }
}

function hold(
  state: MetaState,
  map: ClusterMap,
  { nodeId, durationMs }: { readonly nodeId: string; readonly durationMs: number },
): Outcome {
  if (!Number.isInteger(durationMs) || durationMs < 1 || durationMs > limits.holdMaxMs)
    return refused(state, `a hold lasts 1…${limits.holdMaxMs} ms, not ${durationMs}`);
  const others = withoutHold(state, nodeId);
  const next = { ...others, holds: [...others.holds, { nodeId, untilMs: state.timeMs + durationMs }] };
  const reason = `operator ${state.operatorEpoch}: may be away for ${durationMs} ms`;
  return unchanged(noted(next, { kind: 'held', nodeId, reason }), map);
}

function release(state: MetaState, map: ClusterMap, { nodeId }: { readonly nodeId: string }): Outcome {
  const next = withoutHold(state, nodeId);
  if (next === state) return unchanged(state, map);
  const reason = `operator ${state.operatorEpoch}: is expected to be back`;
  return unchanged(noted(next, { kind: 'released', nodeId, reason }), map);
}
