// SPDX-License-Identifier: Apache-2.0
import type { KubeApi } from '../../ports/kube-api.ts';
import { withEither } from '../waiting.ts';
import { assertLeads } from './elector.ts';
import type { Leadership } from './elector.ts';

/** The API as a leader may use it: reads always, writes only while it is certain that nobody else leads. */
export function fencedKubeApi(api: KubeApi, leadership: Leadership): KubeApi {
  const write = async <T>(signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    assertLeads(leadership);
    return withEither([signal, leadership.signal], run);
  };
  return {
    get: async (resource, key, signal) => api.get(resource, key, signal),
    list: async (resource, options, signal) => api.list(resource, options, signal),
    watch: (resource, options, signal) => api.watch(resource, options, signal),
    create: async (resource, object, signal) => write(signal, async (own) => api.create(resource, object, own)),
    replace: async (resource, object, signal) => write(signal, async (own) => api.replace(resource, object, own)),
    apply: async (resource, object, options, signal) =>
      write(signal, async (own) => api.apply(resource, object, options, own)),
    delete: async (resource, key, options, signal) =>
      write(signal, async (own) => api.delete(resource, key, options, own)),
    evict: async (pod, options, signal) => write(signal, async (own) => api.evict(pod, options, own)),
  };
}
