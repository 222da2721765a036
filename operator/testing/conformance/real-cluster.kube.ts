// SPDX-License-Identifier: Apache-2.0
import { storageClasses } from '../../src/reconcile/watched.ts';
import type { KubeApi, KubeObject } from '../../src/ports/kube-api.ts';
import { connectTestKube } from '../connect-test-kube.ts';
import { describeConformance } from './suite.ts';

interface StorageClass extends KubeObject {
  readonly allowVolumeExpansion?: boolean;
}

const settleMs = 250;
const isDefault = 'storageclass.kubernetes.io/is-default-class';

describeConformance('the cluster of KUBECONFIG', async () => {
  const { api, close } = connectTestKube();
  const target = {
    api,
    settle: async () => new Promise<void>((resolve) => void setTimeout(resolve, settleMs)),
    maxSettles: 480,
    quietSettles: 20,
    // Every machine has it: the kubelet needs it for each pod.
    image: 'registry.k8s.io/pause:3.10',
    brokenImage: 'localhost:1/nobody/has:this',
    growsVolumes: await growsVolumes(api),
  };
  return { target, dispose: async () => close() };
});

async function growsVolumes(api: KubeApi): Promise<boolean> {
  const { items } = await api.list(storageClasses, {}, new AbortController().signal);
  const usual: StorageClass | undefined = items.find(({ metadata }) => metadata.annotations?.[isDefault] === 'true');
  return usual?.allowVolumeExpansion === true;
}
