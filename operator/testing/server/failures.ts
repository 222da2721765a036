// SPDX-License-Identifier: Apache-2.0
import { KubeError, type ObjectKey, type Resource } from '../../src/ports/kube-api.ts';

/** What the API server answers, with the statuses and reasons of `metav1.Status`. */
export function failure(status: number, reason: string, message: string, retryAfterMs?: number): KubeError {
  return new KubeError(message, { status, reason, retryAfterMs });
}

export function nameOf(resource: Resource, key: ObjectKey): string {
  return `${resource.plural} "${key.namespace === undefined ? '' : `${key.namespace}/`}${key.name}"`;
}

export function notFound(resource: Resource, key: ObjectKey): KubeError {
  return failure(404, 'NotFound', `${nameOf(resource, key)} not found`);
}

export function conflict(resource: Resource, key: ObjectKey, why: string): KubeError {
  return failure(409, 'Conflict', `Operation cannot be fulfilled on ${nameOf(resource, key)}: ${why}`);
}

export function invalid(resource: Resource, key: ObjectKey, why: string): KubeError {
  return failure(422, 'Invalid', `${nameOf(resource, key)} is invalid: ${why}`);
}

export function forbidden(resource: Resource, key: ObjectKey, why: string): KubeError {
  return failure(403, 'Forbidden', `${nameOf(resource, key)} is forbidden: ${why}`);
}

export function badRequest(message: string): KubeError {
  return failure(400, 'BadRequest', message);
}

export function expired(what: string): KubeError {
  return failure(410, 'Expired', `${what} is too old`);
}
