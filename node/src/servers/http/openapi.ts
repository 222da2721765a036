// SPDX-License-Identifier: Apache-2.0
import { httpProblems, problemType } from './problem.ts';
import type { HttpProblemKind } from './problem.ts';
import { errorKinds } from '@shortlink/common/errors.ts';
import type { ErrorKind } from '@shortlink/common/errors.ts';
import type { Route } from './route.ts';
import { schemas } from './schemas.ts';
import type { SchemaName } from './schemas.ts';

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** What a route promises; the rest of the OpenAPI operation follows from it. */
export interface OpenApiOperation {
  readonly id: string;
  readonly tag: 'links' | 'cluster' | 'admin' | 'meta';
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly OpenApiParameter[];
  readonly request?: SchemaName;
  readonly success: {
    readonly status: number;
    readonly description: string;
    readonly schema?: SchemaName;
    /** Headers of the success by name, with what they mean. */
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** Failures that this operation has beside those that follow from what it is (see problemsOf). */
  readonly problems: readonly (ErrorKind | HttpProblemKind)[];
}

/** Whatever goes to the shards can fail there. */
const shardProblems: readonly ErrorKind[] = ['overloaded', 'unavailable', 'timeout', 'internal'];

const tags = [
  { name: 'links', description: 'Short links.' },
  { name: 'cluster', description: 'What the cluster consists of.' },
  { name: 'admin', description: 'Changes of the cluster; wants a token of scope admin.' },
  { name: 'meta', description: 'This description.' },
];

/** The OpenAPI 3.1 document of these routes. */
export function openApiDocument(routes: readonly Route[]): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operationObject(route);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Shortlink',
      version: '1.0.0',
      summary: 'Short links on a replicated store.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags,
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A token of the tokens file.' } },
    },
  };
}

function operationObject({ scope, operation }: Route): Readonly<Record<string, unknown>> {
  const { id, tag, summary, description, parameters, request, success } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: scope === undefined ? [] : [{ token: [] }],
    ...(parameters === undefined ? {} : { parameters }),
    ...(request === undefined ? {} : { requestBody: { required: true, content: jsonContent(request) } }),
    responses: {
      [String(success.status)]: successObject(success),
      ...problemObjects(problemsOf({ scope, operation })),
    },
  };
}

function problemsOf({
  scope,
  operation,
}: Pick<Route, 'scope' | 'operation'>): readonly (ErrorKind | HttpProblemKind)[] {
  const { problems, parameters = [], request } = operation;
  const canBeMalformed = request !== undefined || parameters.some((parameter) => parameter.in === 'path');
  return [
    ...problems,
    ...(canBeMalformed ? (['malformed'] as const) : []),
    ...(scope === undefined ? [] : (['unauthenticated', ...shardProblems] as const)),
    ...(scope === 'admin' ? (['forbidden'] as const) : []),
  ];
}

function successObject({
  description,
  schema,
  headers,
}: OpenApiOperation['success']): Readonly<Record<string, unknown>> {
  const described = Object.entries(headers ?? {}).map(([name, text]) => [
    name,
    { description: text, schema: { type: 'string' } },
  ]);
  return {
    description,
    ...(described.length === 0 ? {} : { headers: Object.fromEntries(described) }),
    ...(schema === undefined ? {} : { content: jsonContent(schema) }),
  };
}

/** One response per status, which lists the `type`s that it may have. */
function problemObjects(kinds: readonly (ErrorKind | HttpProblemKind)[]): Readonly<Record<string, unknown>> {
  const byStatus = new Map<number, (ErrorKind | HttpProblemKind)[]>();
  for (const kind of new Set(kinds)) {
    const status = statusOf(kind);
    byStatus.set(status, [...(byStatus.get(status) ?? []), kind]);
  }
  const entries = [...byStatus].map(([status, same]) => [
    String(status),
    {
      description: same.map(problemType).join(', '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]);
  return Object.fromEntries(entries);
}

function statusOf(kind: ErrorKind | HttpProblemKind): number {
  return kind in httpProblems ? httpProblems[kind as HttpProblemKind].status : errorKinds[kind as ErrorKind].http;
}

function jsonContent(name: SchemaName): Readonly<Record<string, unknown>> {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } };
}
