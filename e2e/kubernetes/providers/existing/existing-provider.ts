// SPDX-License-Identifier: Apache-2.0
import type { Ability, ObjectStore } from '../../provider.ts';
import { kinds, type Objects } from '../../world/objects.ts';
import type { Installed } from '../installed.ts';
import { KubectlProvider, type Place } from '../kubectl/kubectl-provider.ts';
import { canConnect } from '../kubectl/node-ports.ts';

const kubeletPort = 10_250;
const notOurs = 'machines and control plane of an existing Kubernetes are not touched';

/** A Kubernetes of somebody else: KUBECONFIG names it. */
export function openExisting(installed: Installed): KubectlProvider {
  return new KubectlProvider(installed, (objects) => existingPlace(installed, objects));
}

function existingPlace({ namespace, objectStore }: Installed, objects: Objects): Place {
  const refuse = async (): Promise<never> => {
    throw new Error(notOurs);
  };
  return {
    name: 'existing',
    machines: { off: refuse, on: refuse, cutOff: refuse, reconnect: refuse },
    apiServer: { stop: refuse, start: refuse },
    objectStore: objectStore === undefined ? undefined : { ...objectStore, away: refuse, back: refuse },
    route: async (nodePort) => routeTo(objects, nodePort),
    whyNot: (ability) => whyNot(ability, { namespace, objectStore }),
    versions: async () => ({}),
  };
}

function whyNot(
  ability: Ability,
  { namespace, objectStore }: { readonly namespace: string | undefined; readonly objectStore: object | undefined },
): string | undefined {
  switch (ability) {
    case 'power':
    case 'partition':
    case 'apiServer':
    case 'objectStoreAway':
      return notOurs;
    case 'objectStore':
      return objectStore === undefined ? 'E2E_S3_ENDPOINT names no object store' : undefined;
    case 'namespaces':
      return namespace === undefined ? undefined : `all scenarios share the namespace ${namespace}`;
    case 'helm':
    case 'kubectl':
    case 'rules':
    case 'operatorUpgrade':
    case 'twoOperators':
      return undefined;
  }
}

/** A machine that answers here: one that E2E_NODE_ADDRESS names, or the first of which this holds. */
async function routeTo(objects: Objects, nodePort: number): Promise<string | undefined> {
  const named = process.env['E2E_NODE_ADDRESS'];
  if (named !== undefined) return `${named}:${nodePort}`;
  for (const { status } of await objects.list(kinds.machines)) {
    for (const { type, address } of status?.addresses ?? [])
      if (type.endsWith('IP') && (await canConnect(address, kubeletPort))) return `${address}:${nodePort}`;
  }
  return undefined;
}

/** An S3 server that the variables E2E_S3_… name; undefined: they name none. */
export function objectStoreOfEnvironment(): Omit<ObjectStore, 'away' | 'back'> | undefined {
  const endpoint = process.env['E2E_S3_ENDPOINT'];
  if (endpoint === undefined) return undefined;
  return {
    endpoint,
    bucket: process.env['E2E_S3_BUCKET'] ?? 'chunks',
    region: process.env['E2E_S3_REGION'] ?? 'us-east-1',
    credentials: {
      AWS_ACCESS_KEY_ID: process.env['E2E_S3_ACCESS_KEY_ID'] ?? '',
      AWS_SECRET_ACCESS_KEY: process.env['E2E_S3_SECRET_ACCESS_KEY'] ?? '',
    },
  };
}
