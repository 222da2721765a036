// SPDX-License-Identifier: Apache-2.0
import type { OperatorOrder } from '../../core/cluster/meta-commands.ts';
import type { AdminService } from '../../services/admin.ts';
import { Fields } from './fields.ts';
import type { SchemaName } from './schemas.ts';
import { nodeRoute } from './node-route.ts';
import type { Route } from './route.ts';

/** What an operator that knows of pods and volumes tells the cluster, fenced by its epoch. */
export function operatorRoutes(admin: AdminService): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/admin/operator:takeEpoch',
      scope: 'admin',
      operation: {
        id: 'takeOperatorEpoch',
        tag: 'admin',
        summary: 'Take charge: orders under earlier epochs are refused from now on',
        success: { status: 200, description: 'The epoch for the orders of whoever asked.', schema: 'OperatorEpoch' },
        problems: ['preconditionFailed'],
      },
      handle: async ({ timeoutMs }) => {
        return { status: 200, body: { operatorEpoch: await admin.takeOperatorEpoch({ timeoutMs }) } };
      },
    },
    orderRoute(admin, {
      verb: 'hold',
      summary: 'Let a node be away for a while without going OUT',
      schema: 'HoldOrder',
      names: ['operatorEpoch', 'durationMs'],
      orderOf: (nodeId, fields) => ({ type: 'hold', nodeId, durationMs: fields.integer('durationMs') }),
    }),
    orderRoute(admin, {
      verb: 'release',
      summary: 'End a hold',
      schema: 'OperatorEpoch',
      names: ['operatorEpoch'],
      orderOf: (nodeId) => ({ type: 'release', nodeId }),
    }),
    orderRoute(admin, {
      verb: 'hasten',
      summary: 'Declare a node gone for good: others take its place at once',
      schema: 'OperatorEpoch',
      names: ['operatorEpoch'],
      orderOf: (nodeId) => ({ type: 'hasten', nodeId }),
    }),
  ];
}

interface OrderSpec {
  readonly verb: 'hold' | 'release' | 'hasten';
  readonly summary: string;
  readonly schema: SchemaName;
  readonly names: readonly string[];
  readonly orderOf: (nodeId: string, fields: Fields) => OperatorOrder;
}

function orderRoute(admin: AdminService, { verb, summary, schema, names, orderOf }: OrderSpec): Route {
  return nodeRoute({
    verb,
    summary,
    request: schema,
    taken: 'Decided by the meta group.',
    problems: ['preconditionFailed', 'invalid', 'tooLarge', 'unsupportedMediaType'],
    run: async (nodeId, request) => {
      const fields = new Fields(await request.json(), names);
      const order = orderOf(nodeId, fields);
      await admin.order(order, fields.integer('operatorEpoch'), { timeoutMs: request.timeoutMs });
    },
  });
}
