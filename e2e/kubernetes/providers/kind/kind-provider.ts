// SPDX-License-Identifier: Apache-2.0
import type { Objects } from '../../world/objects.ts';
import type { Installed } from '../installed.ts';
import { KubectlProvider, type Place } from '../kubectl/kubectl-provider.ts';
import { run } from '../kubectl/run.ts';
import { docker, inspect } from './docker.ts';
import { addressFormat, kindApiServer, kindMachines } from './kind-machines.ts';
import { s3Container } from './s3-container.ts';

/** A cluster of kind that the global setup has made or found. */
export function openKind(installed: Installed): KubectlProvider {
  return new KubectlProvider(installed, (objects) => kindPlace(installed, objects));
}

function kindPlace(installed: Installed, objects: Objects): Place {
  const { kubeconfig, kindCluster = 'kind', namespace, objectStore } = installed;
  const controlPlane = `${kindCluster}-control-plane`;
  return {
    name: 'kind',
    machines: kindMachines(objects),
    apiServer: kindApiServer(controlPlane, async () => isUp(kubeconfig)),
    objectStore: objectStore === undefined ? undefined : s3Container(kindCluster, objectStore),
    route: async (nodePort) => {
      await forgetConnections(controlPlane, nodePort);
      return routeTo(controlPlane, nodePort);
    },
    whyNot: (ability) =>
      ability === 'namespaces' && namespace !== undefined
        ? `all scenarios share the namespace ${namespace}`
        : undefined,
    versions: async () => ({
      kind: (await run('kind', ['version'])).trim(),
      Docker: await docker('version', '--format', '{{.Server.Version}}'),
      'image of the machines': (await inspect('container', controlPlane, '{{.Config.Image}}')) ?? 'unknown',
    }),
  };
}

async function isUp(kubeconfig: string): Promise<boolean> {
  try {
    await run('kubectl', ['--kubeconfig', kubeconfig, 'get', '--raw', '/readyz'], { limitMs: 5000 });
    return true;
  } catch {
    return false;
  }
}

/**
 * What was sent to a pod of a machine that was off stays in the tables of NAT for two minutes (SYN_SENT). A new connection from the
 * same port of Docker's proxy would be led to that pod's address, where another one may be by now, which refuses it.
 */
async function forgetConnections(controlPlane: string, nodePort: number): Promise<void> {
  // It fails where there are none.
  await docker('exec', controlPlane, 'conntrack', '-D', '-p', 'tcp', '--dport', String(nodePort)).catch(() => {});
}

/** A port that Docker publishes or, where the cluster was made by others, the machine itself, which Linux reaches. */
async function routeTo(controlPlane: string, nodePort: number): Promise<string | undefined> {
  try {
    const published = await docker('port', controlPlane, `${nodePort}/tcp`);
    return published.split('\n')[0];
  } catch {
    const address = await inspect('container', controlPlane, addressFormat);
    return address === undefined ? undefined : `${address}:${nodePort}`;
  }
}
