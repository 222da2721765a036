// SPDX-License-Identifier: Apache-2.0
import type { KubeDiscovery } from '../../ports/discovery.ts';
import { KubeError } from '../../ports/kube-api.ts';
import type {
  ApplyOptions,
  DeleteOptions,
  KubeApi,
  KubeObject,
  ListOptions,
  ListPage,
  ObjectKey,
  Resource,
  WatchEvent,
  WatchOptions,
} from '../../ports/kube-api.ts';
import { keyOfObject } from '../../ports/resource-key.ts';
import { isObjectMissing, listsKind, toListPage, toObject, toWatchEvent } from './answers.ts';
import { readLines } from './read-body.ts';
import { collectionPath, groupPath, objectPath, queryOf } from './resource-path.ts';
import type { RestClient } from './rest-client.ts';

// etcd takes objects of 1.5 MiB; JSON with managedFields is larger.
const maxEventBytes = 8 * 1024 * 1024;
const pods: Resource = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

/** The API of a real server. */
export class RestKubeApi implements KubeApi, KubeDiscovery {
  readonly #client: RestClient;

  constructor(client: RestClient) {
    this.#client = client;
  }

  async serves(resource: Resource, signal: AbortSignal): Promise<boolean> {
    try {
      return listsKind(await this.#client.call({ method: 'GET', path: groupPath(resource) }, signal), resource);
    } catch (error) {
      // A group that nobody has installed.
      if (error instanceof KubeError && error.status === 404) return false;
      throw error;
    }
  }

  async get(resource: Resource, key: ObjectKey, signal: AbortSignal): Promise<KubeObject | undefined> {
    const path = objectPath(resource, key);
    const json = await this.#client.call({ method: 'GET', path }, signal).catch(undefinedIfMissing);
    return json === undefined ? undefined : toObject(json, resource);
  }

  async list(resource: Resource, options: ListOptions, signal: AbortSignal): Promise<ListPage> {
    const { namespace, labelSelector, name, limit, continue: next } = options;
    const fieldSelector = name === undefined ? undefined : `metadata.name=${name}`;
    const query = queryOf({ labelSelector, fieldSelector, limit, continue: next });
    const path = collectionPath(resource, namespace) + query;
    return toListPage(await this.#client.call({ method: 'GET', path }, signal), resource);
  }

  async *watch(resource: Resource, options: WatchOptions, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const { namespace, labelSelector, resourceVersion, timeoutSeconds } = options;
    const query = queryOf({ watch: true, allowWatchBookmarks: true, labelSelector, resourceVersion, timeoutSeconds });
    const path = collectionPath(resource, namespace) + query;
    const body = await this.#client.open({ method: 'GET', path }, signal);
    for await (const line of readLines(body, maxEventBytes)) yield toWatchEvent(line, resource);
  }

  async create(resource: Resource, object: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    const path = collectionPath(resource, object.metadata.namespace);
    return toObject(await this.#client.call({ method: 'POST', path, body: object }, signal), resource);
  }

  async replace(resource: Resource, object: KubeObject, signal: AbortSignal): Promise<KubeObject> {
    const path = objectPath(resource, keyOfObject(object));
    return toObject(await this.#client.call({ method: 'PUT', path, body: object }, signal), resource);
  }

  async apply(resource: Resource, object: KubeObject, options: ApplyOptions, signal: AbortSignal): Promise<KubeObject> {
    const { fieldManager, force, dryRun, subresource } = options;
    const query = queryOf({ fieldManager, force, dryRun: dryRun === true ? 'All' : undefined });
    const path = objectPath(resource, keyOfObject(object), subresource) + query;
    // JSON is YAML, and this is the type that every server knows.
    const contentType = 'application/apply-patch+yaml';
    return toObject(await this.#client.call({ method: 'PATCH', path, body: object, contentType }, signal), resource);
  }

  async delete(resource: Resource, key: ObjectKey, options: DeleteOptions, signal: AbortSignal): Promise<boolean> {
    const request = { method: 'DELETE', path: objectPath(resource, key), body: deleteOptions(options) } as const;
    return (await this.#client.call(request, signal).catch(undefinedIfMissing)) !== undefined;
  }

  async evict(pod: ObjectKey, options: DeleteOptions, signal: AbortSignal): Promise<void> {
    const body = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: pod.name, namespace: pod.namespace },
      deleteOptions: deleteOptions(options),
    };
    await this.#client.call({ method: 'POST', path: objectPath(pods, pod, 'eviction'), body }, signal);
  }
}

function deleteOptions({ uid, resourceVersion, gracePeriodSeconds, propagation }: DeleteOptions): object {
  const preconditions = uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion };
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions,
    gracePeriodSeconds,
    propagationPolicy: propagation,
  };
}

/** Undefined for a 404 of the object itself; a resource that the server does not know stays an error. */
function undefinedIfMissing(error: unknown): undefined {
  const status: unknown = error instanceof KubeError && error.status === 404 ? error.cause : undefined;
  if (typeof status === 'object' && status !== null && isObjectMissing({ ...status })) return undefined;
  throw error;
}
