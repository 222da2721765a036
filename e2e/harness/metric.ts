// SPDX-License-Identifier: Apache-2.0
/** Sum of the series whose name and labels begin with this text, as the node shows them now. */
export async function metric(node: { readonly ops: string }, name: string): Promise<number> {
  const text = await (await fetch(`${node.ops}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
