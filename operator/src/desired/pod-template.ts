// SPDX-License-Identifier: Apache-2.0
import type { ClusterInput, Facts, Fields, PodInput, Spread } from './cluster-input.ts';
import { isFields, mergePod } from './merge.ts';
import { nodeContainer, objectLabels, objectNames, podHashAnnotation, podHost, ports, selector } from './names.ts';
import { podHash } from './pod-hash.ts';
import { etcFolder, mounted, paths } from './volumes.ts';

export interface PodTemplate {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: Fields;
}

/** The user of the image. */
const userId = 1000;
/** Beyond the two limits of an orderly end: for the process to be seen as gone. */
const graceSeconds = 5;
/** A large store takes its time to open. A start that fails ends the process by itself. */
const startupLimitSeconds = 3600;

const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/**
 * The pods of a cluster. What the user merges in comes after what is merely usual and before what a node is nothing
 * without: who it is, what it runs, where its data and its files are.
 */
export function podTemplate(cluster: ClusterInput, facts: Pick<Facts, 'formed'>): PodTemplate {
  const { podTemplate: overlay } = cluster.pod;
  const usual = withoutOwnPaths(mergePod(usualSpec(cluster), overlay?.spec ?? {}));
  return {
    metadata: {
      labels: { ...overlay?.labels, ...objectLabels(cluster.name) },
      annotations: { ...overlay?.annotations, [podHashAnnotation]: podHash(cluster.pod) },
    },
    spec: mergePod(mergePod(usual, fixedSpec(cluster)), facts.formed ? {} : rebuildSpec(cluster)),
  };
}

/** What may be changed by those who know better. */
function usualSpec(cluster: ClusterInput): Fields {
  const { pod } = cluster;
  return {
    securityContext: {
      runAsNonRoot: true,
      runAsUser: userId,
      runAsGroup: userId,
      fsGroup: userId,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...scheduling(cluster),
    containers: [
      {
        name: nodeContainer,
        resources: pod.resources,
        securityContext: restricted,
        startupProbe: {
          ...probe('/startupz'),
          periodSeconds: 5,
          failureThreshold: startupLimitSeconds / 5,
        },
        livenessProbe: { ...probe('/livez'), periodSeconds: 10, failureThreshold: 3 },
        readinessProbe: { ...probe('/readyz'), periodSeconds: 5, failureThreshold: 2 },
        terminationMessagePolicy: 'FallbackToLogsOnError',
      },
    ],
  };
}

function probe(path: string): Fields {
  return { httpGet: { path, port: 'ops' }, timeoutSeconds: 5 };
}

function scheduling({ name, pod }: ClusterInput): Fields {
  const constraints = [
    ...spreadOver(name, pod.zoneLabel, pod.zoneSpread),
    ...spreadOver(name, 'kubernetes.io/hostname', pod.hostSpread),
  ];
  const { nodeSelector, tolerations, affinity, priorityClassName, imagePullSecrets } = pod;
  return {
    ...(constraints.length === 0 ? {} : { topologySpreadConstraints: constraints }),
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(tolerations === undefined ? {} : { tolerations }),
    ...(affinity === undefined ? {} : { affinity }),
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    ...(imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: imagePullSecrets.map((secret) => ({ name: secret })) }),
  };
}

function spreadOver(name: string, topologyKey: string, spread: Spread): readonly Fields[] {
  if (spread === 'Disabled') return [];
  return [
    {
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: spread === 'Required' ? 'DoNotSchedule' : 'ScheduleAnyway',
      labelSelector: { matchLabels: selector(name) },
    },
  ];
}

/** Nothing else is mounted over the data and the files of the node, nor into them. */
function withoutOwnPaths(spec: Fields): Fields {
  const isOwn = (mount: unknown): boolean => {
    const path = isFields(mount) ? String(mount['mountPath']).replaceAll(/\/+/g, '/') : '';
    return [paths.data, etcFolder].some((own) => `${path}/`.startsWith(`${own}/`));
  };
  const containers = listOf(spec['containers']).map((container) => {
    if (!isFields(container) || container['name'] !== nodeContainer) return container;
    return { ...container, volumeMounts: listOf(container['volumeMounts']).filter((mount) => !isOwn(mount)) };
  });
  return { ...spec, containers };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** What a node is nothing without. */
function fixedSpec(cluster: ClusterInput): Fields {
  const { pod } = cluster;
  const { volumes, mounts } = mounted(cluster);
  return {
    serviceAccountName: objectNames(cluster.name).serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: terminationGraceSeconds(pod),
    containers: [
      {
        name: nodeContainer,
        image: pod.image,
        imagePullPolicy: pod.imagePullPolicy,
        command: ['shortlink'],
        // Flags win over variables, wherever those come from, and over the file.
        args: ['node', ...identityFlags(cluster)],
        env: [podNameVariable],
        ports: Object.entries(ports).map(([name, containerPort]) => ({ name, containerPort, protocol: 'TCP' })),
        volumeMounts: mounts,
      },
    ],
    volumes,
  };
}

const podNameVariable = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };

function identityFlags(cluster: ClusterInput): readonly string[] {
  return [
    `--config=${paths.config}/node.yaml`,
    '--node.name=$(POD_NAME)',
    `--peer.advertise=${podHost(cluster, '$(POD_NAME)')}:${ports.peer}`,
    `--data.dir=${paths.data}`,
  ];
}

/** Until the cluster is there, its first pod makes its volume out of the object store; the others have nothing to do. */
function rebuildSpec(cluster: ClusterInput): Fields {
  const { pod, rebuild } = cluster;
  if (rebuild === undefined) return {};
  const { url, clusterId, adopt, skipDamaged, again } = rebuild;
  const flags = [
    ...(url === undefined ? [] : [`--from=${url}`]),
    ...(clusterId === undefined ? [] : [`--cluster=${clusterId}`]),
    ...(adopt ? ['--adopt'] : []),
    ...(skipDamaged ? ['--skip-damaged'] : []),
    ...(again ? ['--again'] : []),
  ];
  return {
    initContainers: [
      {
        name: 'rebuild',
        image: pod.image,
        imagePullPolicy: pod.imagePullPolicy,
        command: ['shortlink'],
        args: ['cluster', 'rebuild-volume', ...identityFlags(cluster), ...flags],
        env: [podNameVariable],
        resources: pod.resources,
        securityContext: restricted,
        volumeMounts: mounted(cluster).mounts,
        terminationMessagePolicy: 'FallbackToLogsOnError',
      },
    ],
  };
}

/** How long a pod may take to end: as long as its node may, and some. */
export function terminationGraceSeconds({ lameDuckMs, stopTimeoutMs }: PodInput): number {
  return Math.ceil((lameDuckMs + stopTimeoutMs) / 1000) + graceSeconds;
}
