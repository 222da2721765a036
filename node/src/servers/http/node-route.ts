// SPDX-License-Identifier: Apache-2.0
import type { OpenApiOperation } from './openapi.ts';
import type { ApiRequest, Route } from './route.ts';

interface NodeVerb extends Pick<OpenApiOperation, 'summary' | 'request' | 'problems'> {
  readonly verb: string;
  /** Of the answer to an order that was taken. */
  readonly taken: string;
  readonly run: (nodeId: string, request: ApiRequest) => Promise<void>;
}

/** An administrator's order that is about one node. */
export function nodeRoute({ verb, summary, request, taken, problems, run }: NodeVerb): Route {
  return {
    method: 'POST',
    path: `/api/v1/admin/nodes/{id}:${verb}`,
    scope: 'admin',
    operation: {
      id: `${verb}Node`,
      tag: 'admin',
      summary,
      parameters: [
        {
          name: 'id',
          in: 'path',
          required: true,
          description: 'The id of the node.',
          schema: { type: 'string', pattern: '^[0-9a-f]{16}$' },
        },
      ],
      ...(request === undefined ? {} : { request }),
      success: { status: 202, description: taken },
      problems,
    },
    handle: async (asked) => {
      await run(asked.params[0] ?? '', asked);
      return { status: 202 };
    },
  };
}
