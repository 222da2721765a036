// SPDX-License-Identifier: Apache-2.0
/** Options for the configuration of new nodes, as `parseSettings` reads them. */
export function settingsFlag<Help extends string>(help: Help) {
  return {
    kind: 'list',
    default: [],
    maxItems: 64,
    oneItemPerFlag: true,
    unit: 'OPTION=VALUE',
    help,
  } as const;
}
