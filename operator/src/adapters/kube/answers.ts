// SPDX-License-Identifier: Apache-2.0
import { KubeError } from '../../ports/kube-api.ts';
import type { KubeObject, ListPage, Resource, WatchEvent } from '../../ports/kube-api.ts';

type Json = Readonly<Record<string, unknown>>;

const msPerSecond = 1000;
const excerptLength = 300;

/** The JSON object that a text holds. */
export function parseObject(text: string, what: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed(`${what} is no JSON: ${text.slice(0, excerptLength)}`, error);
  }
  if (!isJson(value)) throw malformed(`${what} is no JSON object: ${text.slice(0, excerptLength)}`);
  return value;
}

/** Kind and version are left out in items of lists, so they are filled in. */
export function toObject(json: unknown, resource: Resource): KubeObject {
  const metadata = isJson(json) ? json['metadata'] : undefined;
  if (!isJson(json) || !isJson(metadata)) throw malformed(`an object of ${resource.plural} has no metadata`);
  const { name } = metadata;
  if (typeof name !== 'string') throw malformed(`an object of ${resource.plural} has no name`);
  return { apiVersion: resource.apiVersion, kind: resource.kind, ...json, metadata: { ...metadata, name } };
}

/** Whether the kind is in a list of a group's kinds. */
export function listsKind(json: Json, { plural, kind }: Resource): boolean {
  const { resources } = json;
  if (!Array.isArray(resources)) throw malformed('a list of kinds has no resources');
  return resources.some((one: unknown) => isJson(one) && one['name'] === plural && one['kind'] === kind);
}

export function toListPage(json: Json, resource: Resource): ListPage {
  const { items, metadata } = json;
  const listMeta = isJson(metadata) ? metadata : {};
  const { resourceVersion, continue: next } = listMeta;
  if (typeof resourceVersion !== 'string' || resourceVersion === '') {
    throw malformed(`the list of ${resource.plural} has no resourceVersion`);
  }
  // Null is how Go writes an empty list.
  if (!Array.isArray(items) && items !== null) throw malformed(`the list of ${resource.plural} has no items`);
  return {
    items: (items ?? []).map((item: unknown) => toObject(item, resource)),
    resourceVersion,
    continue: typeof next === 'string' && next !== '' ? next : undefined,
  };
}

/** An ERROR event is thrown as the error that it carries. */
export function toWatchEvent(line: string, resource: Resource): WatchEvent {
  const { type, object } = parseObject(line, 'a watch event');
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: toObject(object, resource) };
    case 'BOOKMARK': {
      const metadata = isJson(object) ? object['metadata'] : undefined;
      const version = isJson(metadata) ? metadata['resourceVersion'] : undefined;
      if (typeof version !== 'string') throw malformed('a bookmark has no resourceVersion');
      return { type, resourceVersion: version };
    }
    case 'ERROR':
      throw toError(isJson(object) ? object : {}, { status: 500, retryAfter: undefined });
    default:
      throw malformed(`a watch event has the type ${String(type)}`);
  }
}

/** What an answer that is no success says; `status` and `retryAfter` are those of HTTP. */
export function toError(
  json: Json,
  answer: { readonly status: number; readonly retryAfter: string | undefined },
): KubeError {
  const { code, message, reason, details } = json;
  const status = typeof code === 'number' ? code : answer.status;
  const detailSeconds = isJson(details) ? details['retryAfterSeconds'] : undefined;
  const seconds = secondsOf(answer.retryAfter) ?? (typeof detailSeconds === 'number' ? detailSeconds : undefined);
  return new KubeError(typeof message === 'string' && message !== '' ? message : `the API server answered ${status}`, {
    status,
    reason: typeof reason === 'string' ? reason : '',
    retryAfterMs: seconds === undefined || seconds <= 0 ? undefined : seconds * msPerSecond,
  });
}

/** Whether a 404 is about the object, and not about a path that the server does not know. */
export function isObjectMissing(json: Json): boolean {
  const { kind, reason, details } = json;
  return kind === 'Status' && reason === 'NotFound' && isJson(details) && typeof details['name'] === 'string';
}

function secondsOf(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d+$/.test(header.trim())) return undefined;
  return Number(header);
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(message: string, cause?: unknown): KubeError {
  return new KubeError(message, { status: 0, reason: 'Malformed' }, cause === undefined ? undefined : { cause });
}
