// SPDX-License-Identifier: Apache-2.0
import { eventually } from '../../../harness/wait.ts';
import type { Machines } from '../../provider.ts';
import { isReady, kinds, type Objects } from '../../world/objects.ts';
import { docker, inspect } from './docker.ts';

const network = 'kind';
const backLimitMs = 180_000;
export const addressFormat = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;

/** Machines that are containers of Docker, of the name of their Nodes. */
export function kindMachines(objects: Objects): Machines {
  const untilReady = async (machine: string): Promise<void> => {
    await eventually(
      `machine ${machine} to be ready`,
      async () => {
        const node = await objects.get(kinds.machines, { namespace: undefined, name: machine }).catch(() => undefined);
        return node !== undefined && isReady(node);
      },
      backLimitMs,
    );
  };
  return {
    off: async (machine) => void (await docker('kill', machine)),
    on: async (machine) => {
      await docker('start', machine);
      await untilReady(machine);
    },
    cutOff: async (machine) => void (await docker('network', 'disconnect', network, machine)),
    reconnect: async (machine) => {
      await docker('network', 'connect', network, machine);
      // Docker gives the address that is free, which is the one of before unless somebody else came in between.
      const [address, node] = [
        await inspect('container', machine, addressFormat),
        await objects.get(kinds.machines, { namespace: undefined, name: machine }),
      ];
      const known = node?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
      if (address !== known) throw new Error(`machine ${machine} was ${known} and is ${address} now`);
      await untilReady(machine);
    },
  };
}

/** The API server of a kind cluster is a static pod: without its manifest it ends. */
export function kindApiServer(controlPlane: string, isUp: () => Promise<boolean>) {
  const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
  const aside = '/etc/kubernetes/kube-apiserver.yaml.aside';
  return {
    stop: async (): Promise<void> => {
      await docker('exec', controlPlane, 'mv', manifest, aside);
      await eventually('the API server to be away', async () => !(await isUp()), backLimitMs);
    },
    start: async (): Promise<void> => {
      await docker('exec', controlPlane, 'mv', aside, manifest);
      await eventually('the API server to be back', isUp, backLimitMs);
    },
  };
}
