// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../../harness/program.ts';
import type { Json } from './chart.ts';

/** Values with which charts are rendered, by the names of the files in testdata. */
export const operatorCases: Readonly<Record<string, Json>> = {
  default: {},
  'watch-namespaces': { watchNamespaces: ['links-a', 'links-b'] },
  'no-cluster-roles': {
    watchNamespaces: ['links-a'],
    watchMachines: false,
    rbac: { aggregate: false },
    crds: { create: false },
  },
  'highly-available': {
    replicas: 3,
    image: { repository: 'registry.example.com/shortlink/operator', tag: `1.0.0@sha256:${'a'.repeat(64)}` },
    nodeImage: { repository: 'registry.example.com/shortlink/node', tag: '1.0.0', pullPolicy: 'Always' },
    imagePullSecrets: [{ name: 'registry' }],
    commonLabels: { team: 'links' },
    podLabels: { tier: 'control' },
    podAnnotations: { 'example.com/note': 'yes' },
    resources: { limits: { memory: '1Gi' } },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'control', operator: 'Exists' }],
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' },
    ],
    priorityClassName: 'system-cluster-critical',
    serviceAccount: { annotations: { 'example.com/role': 'links' } },
    extraArgs: ['--log.level=debug'],
    extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' }],
  },
  monitoring: {
    networkPolicy: { enabled: true },
    metrics: {
      serviceLabels: { scrape: 'me' },
      serviceAnnotations: { 'example.com/scrape': 'true' },
      serviceMonitor: { enabled: true, labels: { release: 'prometheus' }, interval: '15s' },
    },
  },
  'own-account': {
    fullnameOverride: 'links-operator',
    serviceAccount: { create: false, name: 'given' },
    rbac: { create: false },
  },
};

const full = parse(readFileSync(join(root, 'crds', 'fixtures', 'full.yaml'), 'utf8')) as { readonly spec: Json };

export const clusterCases: Readonly<Record<string, Json>> = {
  default: {},
  full: { spec: full.spec },
  kept: { name: 'go', labels: { team: 'links' }, annotations: { 'example.com/owner': 'links' }, keep: true },
};
