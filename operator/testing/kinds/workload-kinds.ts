// SPDX-License-Identifier: Apache-2.0
import { atomicMap, fields } from '../apply/schema.ts';
import { type JsonMap, isEqual, isList, mapIn, objectOf, without } from '../objects/json.ts';
import type { Kind } from '../server/kind.ts';
import { matchesSelector } from '../server/label-selector.ts';
import { conditionsSchema, podSpecSchema, podTemplateSchema } from './pod-schema.ts';
import {
  type Pod,
  type StatefulSet,
  controllerRevisions,
  hasEnded,
  podDisruptionBudgets,
  pods,
  statefulSets,
} from './workloads.ts';

/** What the DefaultTolerationSeconds plugin adds: how long a pod stays bound to a node that is gone. */
const nodeTolerations = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

function admitPod(object: JsonMap, old: JsonMap | undefined): JsonMap {
  if (old !== undefined) return object;
  const spec = mapIn(object, 'spec');
  const own = isList(spec['tolerations']) ? spec['tolerations'] : [];
  const named = new Set(own.map((one) => (one as JsonMap)['key']));
  const tolerations = [...own, ...nodeTolerations.filter((one) => !named.has(one.key))];
  return { ...object, spec: { ...spec, tolerations }, status: { phase: 'Pending', qosClass: 'BestEffort' } };
}

const mutableOfPods = ['activeDeadlineSeconds', 'tolerations', 'terminationGracePeriodSeconds'];

function withoutMutable(pod: JsonMap, nodeName: unknown): unknown {
  const spec = without(mapIn(pod, 'spec'), mutableOfPods);
  const imageless = (list: unknown): unknown =>
    isList(list) ? list.map((one) => without(one as JsonMap, ['image'])) : list;
  return {
    ...spec,
    nodeName: spec['nodeName'] ?? nodeName,
    containers: imageless(spec['containers']),
    initContainers: imageless(spec['initContainers']),
  };
}

function validatePod(object: JsonMap, old: JsonMap | undefined): string | undefined {
  const containers = mapIn(object, 'spec')['containers'];
  if (!isList(containers) || containers.length === 0) return 'spec.containers: Required value';
  if (old === undefined) return undefined;
  const bound = mapIn(object, 'spec')['nodeName'];
  return isEqual(withoutMutable(old, bound), withoutMutable(object, bound))
    ? undefined
    : 'spec: Forbidden: pod updates may not change fields other than image, activeDeadlineSeconds and tolerations';
}

const mutableOfSets = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

function validateSet(object: JsonMap, old: JsonMap | undefined): string | undefined {
  const set = objectOf(object) as StatefulSet;
  const labels = set.spec.template.metadata?.labels;
  if (!matchesSelector(labels, set.spec.selector)) {
    return 'spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`';
  }
  if (Number(set.spec.replicas) < 0) return 'spec.replicas: Invalid value: must be greater than or equal to 0';
  if (set.spec.template.spec.restartPolicy !== 'Always') return 'spec.template.spec.restartPolicy: Unsupported value';
  if (old === undefined) return undefined;
  const fixed = (one: JsonMap): JsonMap => without(mapIn(one, 'spec'), mutableOfSets);
  return isEqual(fixed(old), fixed(object))
    ? undefined
    : `spec: Forbidden: updates to statefulset spec for fields other than ${mutableOfSets.map((one) => `'${one}'`).join(', ')} are forbidden`;
}

/** The defaults of a rolling update belong to that strategy only. */
function admitSet(object: JsonMap): JsonMap {
  const spec = mapIn(object, 'spec');
  const strategy = mapIn(spec, 'updateStrategy');
  const type = strategy['type'] ?? 'RollingUpdate';
  const rollingUpdate = type === 'RollingUpdate' ? { partition: 0, ...mapIn(strategy, 'rollingUpdate') } : undefined;
  return { ...object, spec: { ...spec, updateStrategy: { ...strategy, type, rollingUpdate } } };
}

function validateBudget(object: JsonMap): string | undefined {
  const spec = mapIn(object, 'spec');
  const isBoth = spec['minAvailable'] !== undefined && spec['maxUnavailable'] !== undefined;
  return isBoth ? 'spec: Invalid value: minAvailable and maxUnavailable cannot be both set' : undefined;
}

export const workloadKinds: readonly Kind[] = [
  {
    resource: pods,
    schema: fields({ spec: podSpecSchema, status: fields({ conditions: conditionsSchema }) }),
    hasStatus: true,
    hasGeneration: true,
    admit: admitPod,
    validate: validatePod,
    graceSeconds: (object, asked) => {
      const pod = object as Pod;
      if (pod.spec.nodeName === undefined || hasEnded(pod)) return 0;
      return asked ?? pod.spec.terminationGracePeriodSeconds ?? 30;
    },
  },
  {
    resource: statefulSets,
    schema: fields({
      spec: fields({
        replicas: { default: 1 },
        selector: atomicMap,
        template: podTemplateSchema,
        podManagementPolicy: { default: 'OrderedReady' },
        revisionHistoryLimit: { default: 10 },
        persistentVolumeClaimRetentionPolicy: {
          default: {},
          properties: { whenDeleted: { default: 'Retain' }, whenScaled: { default: 'Retain' } },
        },
        volumeClaimTemplates: {
          items: fields({ spec: fields({ volumeMode: { default: 'Filesystem' } }) }),
        },
      }),
      status: fields({ conditions: conditionsSchema }),
    }),
    hasStatus: true,
    hasGeneration: true,
    admit: admitSet,
    validate: validateSet,
  },
  { resource: controllerRevisions, schema: {}, hasStatus: false, hasGeneration: false },
  {
    resource: podDisruptionBudgets,
    schema: fields({ spec: fields({ selector: atomicMap }), status: fields({ conditions: conditionsSchema }) }),
    hasStatus: true,
    hasGeneration: true,
    validate: validateBudget,
  },
];
