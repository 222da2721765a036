// SPDX-License-Identifier: Apache-2.0
import { ServiceError } from '@shortlink/common/errors.ts';
import type { Consistency } from '../../ports/shards.ts';
import type { Scope } from '../auth.ts';
import type { OpenApiOperation } from './openapi.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface ApiRequest {
  /** Decoded values of the path's parameters, in their order. */
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  header(name: string): string | undefined;
  /** The parsed JSON body. @throws ServiceError malformed or tooLarge, HttpError unsupportedMediaType */
  json(): Promise<unknown>;
  readonly timeoutMs: number;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; undefined: no body. */
  readonly body?: unknown;
}

/** One operation: how it is reached, what it promises, and what it does. The OpenAPI document is made of these. */
export interface Route {
  readonly method: Method;
  /** `{code}` takes the rest of the path, every other parameter one segment up to a colon. */
  readonly path: string;
  /** Undefined: open to everybody. */
  readonly scope: Scope | undefined;
  readonly operation: OpenApiOperation;
  readonly handle: (request: ApiRequest) => Promise<ApiResponse>;
}

interface CompiledRoute {
  readonly route: Route;
  readonly pattern: RegExp;
}

export type RouteMatch =
  | { readonly kind: 'found'; readonly route: Route; readonly params: readonly string[] }
  | { readonly kind: 'otherMethod'; readonly allow: string }
  | { readonly kind: 'none' };

/** @throws ServiceError malformed when a parameter is badly encoded (only while matching). */
export function compileRoutes(routes: readonly Route[]): (method: string, path: string) => RouteMatch {
  const compiled: readonly CompiledRoute[] = routes.map((route) => ({ route, pattern: patternOf(route.path) }));
  return (method, path) => {
    const matching = compiled.filter(({ pattern }) => pattern.test(path));
    const match = matching.find(({ route }) => route.method === method);
    if (match === undefined) {
      const allow = matching.map(({ route }) => route.method).join(', ');
      return allow === '' ? { kind: 'none' } : { kind: 'otherMethod', allow };
    }
    const values = match.pattern.exec(path)?.slice(1) ?? [];
    return { kind: 'found', route: match.route, params: values.map(decodeParameter) };
  };
}

function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\{code\}/g, '(.+)').replace(/\{\w+\}/g, '([^/:]+)')}$`);
}

function decodeParameter(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ServiceError('malformed', 'the path is not percent-encoded UTF-8');
  }
}

/** What the header X-Shortlink-Consistency asks for. */
export function consistencyOf(request: ApiRequest): Consistency {
  const value = request.header('x-shortlink-consistency') ?? 'linearizable';
  if (value === 'linearizable' || value === 'stale') return value;
  throw new ServiceError('invalid', 'X-Shortlink-Consistency is linearizable or stale', {
    field: 'X-Shortlink-Consistency',
  });
}
