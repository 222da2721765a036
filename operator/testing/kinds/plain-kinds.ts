// SPDX-License-Identifier: Apache-2.0
import type { Resource } from '../../src/ports/kube-api.ts';
import { type Schema, atomicMap, fields, mapList } from '../apply/schema.ts';
import { type JsonMap, mapIn, objectOf, textIn, without } from '../objects/json.ts';
import type { Kind } from '../server/kind.ts';
import { namespacesOf, nodes } from './infrastructure.ts';
import { conditionsSchema } from './pod-schema.ts';

export const configMaps: Resource = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
export const secrets: Resource = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
export const services: Resource = { apiVersion: 'v1', kind: 'Service', plural: 'services', namespaced: true };
export const leases: Resource = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

const others: readonly (readonly [apiVersion: string, kind: string, plural: string])[] = [
  ['v1', 'ServiceAccount', 'serviceaccounts'],
  ['v1', 'Event', 'events'],
  ['events.k8s.io/v1', 'Event', 'events'],
  ['rbac.authorization.k8s.io/v1', 'Role', 'roles'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'],
  ['cert-manager.io/v1', 'Certificate', 'certificates'],
  ['monitoring.coreos.com/v1', 'PodMonitor', 'podmonitors'],
];

function admitNamespace(object: JsonMap, old: JsonMap | undefined): JsonMap {
  if (old !== undefined) return object;
  const metadata = mapIn(object, 'metadata');
  const labels = { ...mapIn(metadata, 'labels'), 'kubernetes.io/metadata.name': metadata['name'] };
  return {
    ...object,
    metadata: { ...metadata, labels },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

function admitSecret(object: JsonMap): JsonMap {
  const texts = mapIn(object, 'stringData');
  const encoded = Object.keys(texts).map((name) => [name, btoa(textIn(texts, name))]);
  if (encoded.length === 0) return object;
  return { ...without(object, ['stringData']), data: { ...mapIn(object, 'data'), ...Object.fromEntries(encoded) } };
}

/** Addresses come from the number of the object: nobody else has it. */
function admitService(object: JsonMap, old: JsonMap | undefined): JsonMap {
  const spec = mapIn(object, 'spec');
  const number = Number(objectOf(object).metadata.uid?.slice(-12));
  const before = mapIn(old, 'spec')['clusterIP'];
  const address = spec['clusterIP'] ?? before ?? `10.96.${Math.floor(number / 250)}.${(number % 250) + 1}`;
  return { ...object, spec: { ...spec, clusterIP: address, clusterIPs: [address] } };
}

function validateService(object: JsonMap, old: JsonMap | undefined): string | undefined {
  if (old === undefined) return undefined;
  const isSame = mapIn(object, 'spec')['clusterIP'] === mapIn(old, 'spec')['clusterIP'];
  return isSame ? undefined : 'spec.clusterIPs[0]: Invalid value: may not change once set';
}

const serviceSchema: Schema = fields({
  spec: fields({
    type: { default: 'ClusterIP' },
    sessionAffinity: { default: 'None' },
    internalTrafficPolicy: { default: 'Cluster' },
    selector: atomicMap,
    ports: mapList(['port', 'protocol'], { protocol: { default: 'TCP' } }),
  }),
  status: fields({ conditions: conditionsSchema }),
});

function plain(resource: Resource, schema: Schema = {}): Kind {
  return { resource, schema, hasStatus: false, hasGeneration: false };
}

/** Kinds that nothing in the double acts on, or little. */
export const plainKinds: readonly Kind[] = [
  plain(configMaps),
  { ...plain(secrets, fields({ type: { default: 'Opaque' } })), admit: admitSecret },
  plain(leases),
  ...others.map(([apiVersion, kind, plural]) => plain({ apiVersion, kind, plural, namespaced: true })),
  {
    resource: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      plural: 'networkpolicies',
      namespaced: true,
    },
    schema: fields({ spec: fields({ podSelector: atomicMap }) }),
    hasStatus: false,
    hasGeneration: true,
  },
  {
    resource: services,
    schema: serviceSchema,
    hasStatus: true,
    hasGeneration: false,
    admit: admitService,
    validate: validateService,
  },
  { resource: namespacesOf, schema: {}, hasStatus: true, hasGeneration: false, admit: admitNamespace },
  {
    resource: nodes,
    schema: fields({ status: fields({ conditions: conditionsSchema }) }),
    hasStatus: true,
    hasGeneration: false,
  },
];
