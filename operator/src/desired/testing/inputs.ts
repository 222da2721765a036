// SPDX-License-Identifier: Apache-2.0
import type { ClusterInput, Facts, PodInput } from '../cluster-input.ts';

const minimalPod: PodInput = {
  image: 'shortlink/node:1.0.0',
  imagePullPolicy: 'IfNotPresent',
  imagePullSecrets: [],
  options: {
    'objectStore.url': 's3://bucket/prefix',
    'objectStore.endpoint': 'http://s3.example:9000',
    'objectStore.region': 'eu-central-1',
  },
  lameDuckMs: 2000,
  stopTimeoutMs: 20_000,
  credentialsSecret: 'bucket-keys',
  tokensSecret: 'links-admin-token',
  resources: { requests: { cpu: '250m', memory: '1Gi' } },
  zoneSpread: 'Preferred',
  zoneLabel: 'topology.kubernetes.io/zone',
  hostSpread: 'Preferred',
};

/** What follows from the smallest ShortLinkCluster. */
export const minimalCluster: ClusterInput = {
  name: 'links',
  namespace: 'web',
  uid: '6f1f0f5e-0000-4000-8000-000000000001',
  suspend: false,
  storage: { size: '1Gi' },
  services: { redirect: { type: 'ClusterIP' }, api: { type: 'ClusterIP' } },
  networkPolicy: true,
  pod: minimalPod,
};

export const newFacts: Facts = { replicas: 3, initialReplicas: 3, formed: false };
export const formedFacts: Facts = { ...newFacts, formed: true };

export function withPod(pod: Partial<PodInput>, more: Partial<ClusterInput> = {}): ClusterInput {
  return { ...minimalCluster, ...more, pod: { ...minimalPod, ...pod } };
}

/** Every field is set to something. */
export const fullCluster: ClusterInput = withPod(
  {
    imagePullPolicy: 'Always',
    imagePullSecrets: ['registry'],
    options: {
      ...minimalPod.options,
      'chunks.sealAfterBytes': 67_108_864,
      'links.ownHosts': ['go.example.com', 'go.example.com:8443'],
      'log.level': 'debug',
      'redirect.threads': 2,
    },
    lameDuckMs: 10_500,
    stopTimeoutMs: 30_000,
    tlsSecret: 'links-nodes-tls',
    tokensSecret: 'tokens',
    resources: { requests: { cpu: '2', memory: '4Gi' }, limits: { memory: '4Gi' } },
    zoneSpread: 'Required',
    zoneLabel: 'example.com/rack',
    hostSpread: 'Disabled',
    nodeSelector: { disk: 'fast' },
    tolerations: [{ key: 'storage', operator: 'Exists', effect: 'NoSchedule' }],
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
    priorityClassName: 'high',
    podTemplate: {
      labels: { team: 'web', 'shortlink.dev/cluster': 'somebody-else' },
      annotations: { 'example.com/note': 'hello' },
      spec: {
        securityContext: { runAsUser: 2000, supplementalGroups: [3000] },
        initContainers: [{ name: 'wait', image: 'busybox', command: ['true'] }],
        containers: [
          {
            name: 'node',
            args: ['node', '--node.name=other'],
            env: [
              { name: 'NODE_OPTIONS', value: '--max-old-space-size=2048' },
              { name: 'POD_NAME', value: 'other' },
            ],
            livenessProbe: { failureThreshold: 6 },
            volumeMounts: [
              { name: 'scratch', mountPath: '/scratch' },
              { name: 'scratch', mountPath: '/data' },
              { name: 'scratch', mountPath: '/etc/shortlink//tls' },
            ],
          },
          { name: 'shipper', image: 'logs:1' },
        ],
        volumes: [
          { name: 'scratch', emptyDir: {} },
          { name: 'config', emptyDir: {} },
        ],
      },
    },
  },
  {
    storage: { size: '100Gi', storageClassName: 'ssd' },
    services: {
      redirect: {
        type: 'LoadBalancer',
        labels: { public: 'yes' },
        annotations: { 'example.com/dns': 'go.example.com' },
        loadBalancerClass: 'example.com/lb',
        loadBalancerSourceRanges: ['10.0.0.0/8'],
        externalTrafficPolicy: 'Local',
      },
      api: { type: 'NodePort' },
    },
    networkPolicy: false,
  },
);

export const rebuiltCluster: ClusterInput = {
  ...minimalCluster,
  rebuild: { url: 's3://bucket/lost', clusterId: 'c0ffee', adopt: false, skipDamaged: true, again: false },
};
