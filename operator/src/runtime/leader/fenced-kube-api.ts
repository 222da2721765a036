// SPDX-License-Identifier: Apache-2.0
import type { KubeApi } from '../../ports/kube-api.ts';
import { withEither } from '../waiting.ts';
import { assertLeads } from './elector.ts';
import type { Leadership } from './elector.ts';

/** The API as a leader may use it: reads always, writes only while it is certain that nobody else leads. */
export function fencedKubeApi(api: KubeApi, leadership: Leadership): KubeApi {
  const write = async <T>(signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    assertLeads(leadership);
    return await withEither([signal, leadership.signal], run);
  };
  return {
    get: async (resource, key, signal) => await api.get(resource, key, signal),
    list: async (resource, options, signal) => await api.list(resource, options, signal),
    watch: (resource, options, signal) => api.watch(resource, options, signal),
    create: async (resource, object, signal) =>
      await write(signal, async (own) => await api.create(resource, object, own)),
    replace: async (resource, object, signal) =>
      await write(signal, async (own) => await api.replace(resource, object, own)),
    apply: async (resource, object, options, signal) =>
      await write(signal, async (own) => await api.apply(resource, object, options, own)),
    delete: async (resource, key, options, signal) =>
      await write(signal, async (own) => await api.delete(resource, key, options, own)),
    evict: async (pod, options, signal) => await write(signal, async (own) => await api.evict(pod, options, own)),
  };
}
