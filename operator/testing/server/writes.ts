// SPDX-License-Identifier: Apache-2.0
import type { ObjectKey, Resource } from '../../src/ports/kube-api.ts';
import { type JsonMap, isEqual, isList, mapIn, objectOf, textIn, without } from '../objects/json.ts';
import { withDefaults } from '../apply/schema.ts';
import { pruned } from '../apply/structural.ts';
import { timestamp } from './deletion.ts';
import { badRequest, failure, forbidden, invalid, notFound } from './failures.ts';
import { type Kind, type Scope, wholeSchema } from './kind.ts';

export const namespaces: Resource = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export function checkMetadata(kind: Kind, object: JsonMap): void {
  const { resource } = kind;
  const { namespace } = objectOf(object).metadata;
  const name = textIn(mapIn(object, 'metadata'), 'name');
  if (object['apiVersion'] !== resource.apiVersion || object['kind'] !== resource.kind) {
    throw badRequest(`${textIn(object, 'kind')} in ${textIn(object, 'apiVersion')} is not ${resource.kind}`);
  }
  if (resource.namespaced !== (namespace !== undefined)) {
    throw badRequest(`${resource.plural} ${resource.namespaced ? 'need a namespace' : 'have no namespace'}`);
  }
  if (name.length > 253 || !subdomain.test(name.replaceAll(':', '.'))) {
    throw invalid(resource, { namespace, name }, `metadata.name: Invalid value: "${name}"`);
  }
}

export function checkNamespace(kind: Kind, object: JsonMap, scope: Scope): void {
  const { name, namespace } = objectOf(object).metadata;
  if (namespace === undefined) return;
  const key: ObjectKey = { namespace: undefined, name: namespace };
  const found = scope.get(namespaces, key);
  if (found === undefined) throw notFound(namespaces, key);
  if (found.metadata.deletionTimestamp !== undefined) {
    throw forbidden(
      kind.resource,
      { namespace, name },
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
  }
}

/** A new object as it is stored. */
export function admitted(kind: Kind, object: JsonMap, how: { readonly scope: Scope; readonly uid: string }): JsonMap {
  const given = mapIn(object, 'metadata');
  const metadata = {
    ...without(given, ['deletionTimestamp', 'deletionGracePeriodSeconds', 'resourceVersion', 'managedFields']),
    uid: how.uid,
    creationTimestamp: timestamp(how.scope.nowMs),
    ...(kind.hasGeneration ? { generation: 1 } : {}),
  };
  const start = { ...(kind.hasStatus ? without(object, ['status']) : object), metadata };
  const filled = withDefaults<JsonMap>(known(kind, start), wholeSchema(kind));
  const whole = kind.admit?.(filled, undefined, how.scope) ?? filled;
  checkValid(kind, whole, undefined, how.scope);
  return whole;
}

function known(kind: Kind, object: JsonMap): JsonMap {
  return kind.isStructural === true ? pruned(object, kind.schema) : object;
}

const keptMetadata = ['uid', 'creationTimestamp', 'generation', 'deletionTimestamp', 'deletionGracePeriodSeconds'];

/** An object after a change, with all that a client cannot change as it was. */
export function replaced(
  kind: Kind,
  before: JsonMap,
  next: JsonMap,
  how: { readonly scope: Scope; readonly subresource: 'status' | undefined },
): JsonMap {
  const old = mapIn(before, 'metadata');
  const kept = Object.fromEntries(keptMetadata.map((name) => [name, old[name]]));
  const given = how.subresource === 'status' ? old : mapIn(next, 'metadata');
  const metadata = { ...without(given, ['managedFields', 'resourceVersion']), ...kept };
  const content =
    how.subresource === 'status' ? { ...before, status: next['status'] } : withOldStatus(kind, before, next);
  const filled = withDefaults<JsonMap>(known(kind, { ...content, metadata }), wholeSchema(kind));
  const whole = kind.admit?.(filled, before, how.scope) ?? filled;
  checkFinalizers(kind, whole, before);
  checkValid(kind, whole, before, how.scope);
  const isChanged = !isEqual(without(before, ['metadata', 'status']), without(whole, ['metadata', 'status']));
  if (!kind.hasGeneration || !isChanged) return whole;
  return { ...whole, metadata: { ...mapIn(whole, 'metadata'), generation: Number(old['generation'] ?? 0) + 1 } };
}

function withOldStatus(kind: Kind, before: JsonMap, next: JsonMap): JsonMap {
  if (!kind.hasStatus) return next;
  const status = before['status'];
  return status === undefined ? without(next, ['status']) : { ...next, status };
}

function checkFinalizers(kind: Kind, whole: JsonMap, before: JsonMap): void {
  const { metadata } = objectOf(whole);
  if (metadata.deletionTimestamp === undefined) return;
  const old = mapIn(before, 'metadata')['finalizers'];
  const added = (metadata.finalizers ?? []).filter((one) => !isList(old) || !old.includes(one));
  if (added.length === 0) return;
  throw invalid(
    kind.resource,
    { namespace: metadata.namespace, name: metadata.name },
    `metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted: ${added.join(', ')}`,
  );
}

function checkValid(kind: Kind, whole: JsonMap, before: JsonMap | undefined, scope: Scope): void {
  const why = kind.validate?.(whole, before, scope);
  const { namespace, name } = objectOf(whole).metadata;
  if (why !== undefined) throw invalid(kind.resource, { namespace, name }, why);
  if (JSON.stringify(whole).length > maxObjectBytes)
    throw failure(413, 'RequestEntityTooLarge', 'request is too large');
}

/** As etcd's limit of a request. */
const maxObjectBytes = 1_500_000;
