// SPDX-License-Identifier: Apache-2.0

/** Of the nodes of the chosen cluster. */
export const ofCluster = 'namespace="$namespace", shortlink_cluster="$cluster"';
/** Of the chosen pods of it. */
export const ofPods = `${ofCluster}, pod=~"$pod"`;
/** What the operator says of the chosen cluster. Each of its processes says the same. */
export const byOperator = 'cluster_namespace="$namespace", shortlink_cluster="$cluster"';

/** `sum by (LABELS) (rate(METRIC))`. */
export function rate(series: string, by: string): string {
  return `sum by (${by}) (rate(${series}[$__rate_interval]))`;
}

/** A quantile of a histogram, from `name{matchers}` without `_bucket`. */
export function quantile(
  q: number,
  name: string,
  { matchers, by }: { readonly matchers: string; readonly by: string },
) {
  const labels = by === '' ? 'le' : `${by}, le`;
  return `histogram_quantile(${q}, ${rate(`${name}_bucket{${matchers}}`, labels)})`;
}

/** The part of the events of a counter that is chosen by more matchers; 0 while there are none. */
export function share(name: string, matchers: string, chosen: string): string {
  const all = `sum(rate(${name}{${matchers}}[$__rate_interval]))`;
  return `sum(rate(${name}{${matchers}, ${chosen}}[$__rate_interval])) / (${all} > 0) or ${all} * 0`;
}
