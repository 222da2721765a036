// SPDX-License-Identifier: Apache-2.0
import { KubeError } from '../src/ports/kube-api.ts';
import type { KubeApi, KubeObject, Resource } from '../src/ports/kube-api.ts';
import type { Right, RightVerb } from '../src/rights/rights.ts';
import { pods } from './kinds/workloads.ts';

/** What a client asked for, as roles name it. */
interface Asked {
  readonly verb: RightVerb;
  readonly resource: Pick<Resource, 'apiVersion' | 'plural'>;
  readonly subresource?: Right['subresource'] | 'eviction' | undefined;
}

/** `patch poddisruptionbudgets.policy`, `patch shortlinkclusters/status.shortlink.dev`. */
export function askedText({ verb, resource, subresource }: Asked): string {
  const [group = ''] = resource.apiVersion.includes('/') ? resource.apiVersion.split('/') : [];
  const part = subresource === undefined ? '' : `/${subresource}`;
  return `${verb} ${resource.plural}${part}${group === '' ? '' : `.${group}`}`;
}

/** All that the rights allow, as askedText says it. */
export function allowedBy(rights: readonly Right[]): ReadonlySet<string> {
  const each = rights.flatMap(({ verbs, resource, subresource }) =>
    verbs.map((verb) => askedText({ verb, resource, subresource })),
  );
  return new Set(each);
}

export interface Account {
  readonly rights: readonly Right[];
  /** Collects what was asked for, as askedText says it. */
  readonly asked: Set<string>;
  /** Sees everything, whatever the rights are. */
  readonly all: KubeApi;
}

/**
 * The API for a client with these rights only: all else is answered as a server with RBAC does. An apply needs the right to
 * patch and, where it makes the object, the right to create as well; who makes an object that holds up its owner needs
 * the right to the owner's finalizers (OwnerReferencesPermissionEnforcement).
 */
export function authorized(api: KubeApi, { rights, asked, all }: Account): KubeApi {
  const allowed = allowedBy(rights);
  const check = (verb: RightVerb, resource: Asked['resource'], subresource?: Asked['subresource']): void => {
    const text = askedText({ verb, resource, subresource });
    asked.add(text);
    if (allowed.has(text)) return;
    throw new KubeError(`forbidden: the operator cannot ${text}`, { status: 403, reason: 'Forbidden' });
  };
  const checkNew = (resource: Resource, { metadata }: KubeObject): void => {
    check('create', resource);
    for (const { apiVersion, kind, blockOwnerDeletion } of metadata.ownerReferences ?? []) {
      const plural = `${kind.toLowerCase()}s`;
      if (blockOwnerDeletion === true) check('update', { apiVersion, plural }, 'finalizers');
    }
  };
  return {
    get: async (resource, key, signal) => {
      check('get', resource);
      return api.get(resource, key, signal);
    },
    list: async (resource, options, signal) => {
      check('list', resource);
      return api.list(resource, options, signal);
    },
    watch: (resource, options, signal) => {
      check('watch', resource);
      return api.watch(resource, options, signal);
    },
    create: async (resource, object, signal) => {
      checkNew(resource, object);
      return api.create(resource, object, signal);
    },
    replace: async (resource, object, signal) => {
      check('update', resource);
      return api.replace(resource, object, signal);
    },
    apply: async (resource, object, options, signal) => {
      check('patch', resource, options.subresource);
      const { namespace, name } = object.metadata;
      const before = await all.get(resource, { namespace, name }, signal);
      if (before === undefined && options.subresource === undefined) checkNew(resource, object);
      return api.apply(resource, object, options, signal);
    },
    delete: async (resource, key, options, signal) => {
      check('delete', resource);
      return api.delete(resource, key, options, signal);
    },
    evict: async (pod, options, signal) => {
      check('create', pods, 'eviction');
      return api.evict(pod, options, signal);
    },
  };
}
