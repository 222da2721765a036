// SPDX-License-Identifier: Apache-2.0
import type { Json, Manifest } from './chart.ts';

interface PodSpec extends Json {
  readonly securityContext?: Json;
  readonly containers: readonly (Json & { readonly name: string; readonly securityContext?: Json })[];
  readonly volumes?: readonly Json[];
}

/** The pods that a manifest is, or makes. */
export function podSpecOf({ kind, ...rest }: Manifest): PodSpec | undefined {
  const spec = rest['spec'] as Json;
  if (kind === 'Pod') return spec as PodSpec;
  return kind === 'Deployment' ? (spec['template'] as { readonly spec: PodSpec }).spec : undefined;
}

/** What the Pod Security Standard "restricted" would object to, and a root file system that can be written. */
export function objections({ securityContext = {}, containers, ...rest }: PodSpec): string[] {
  const { runAsNonRoot, seccompProfile } = securityContext as { runAsNonRoot?: boolean; seccompProfile?: Json };
  const ofPod = [
    ...(runAsNonRoot === true ? [] : ['may run as root']),
    ...(seccompProfile?.['type'] === 'RuntimeDefault' ? [] : ['has no seccomp profile']),
    ...['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => rest[field] === true),
    ...(rest['volumes'] === undefined ? [] : ['has volumes']),
  ];
  const ofContainers = containers.flatMap(({ name, securityContext: own = {} }) => {
    const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = own as {
      allowPrivilegeEscalation?: boolean;
      readOnlyRootFilesystem?: boolean;
      capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
    };
    return [
      ...(allowPrivilegeEscalation === false ? [] : [`${name} may gain privileges`]),
      ...(readOnlyRootFilesystem === true ? [] : [`${name} may write its root`]),
      ...(capabilities?.drop?.includes('ALL') === true && capabilities.add === undefined
        ? []
        : [`${name} keeps capabilities`]),
    ];
  });
  return [...ofPod, ...ofContainers];
}
