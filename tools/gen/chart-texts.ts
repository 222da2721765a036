// SPDX-License-Identifier: Apache-2.0
import type { ChartText } from './chart-readme.ts';

/** What the READMEs of the charts say beside their values. */
export const chartTexts: readonly ChartText[] = [
  {
    name: 'shortlink-operator',
    title: 'Chart shortlink-operator',
    intro: [
      `The operator of the short-link platform, the CustomResourceDefinition \`shortlinkclusters.shortlink.dev\` and the rights
that the operator needs ([which, and what for](../../docs/reference/operator.md)).`,
      `\`\`\`sh
helm install shortlink-operator charts/shortlink-operator --namespace shortlink-system --create-namespace --wait
helm test shortlink-operator --namespace shortlink-system
\`\`\``,
      `\`helm uninstall\` takes the operator away and nothing else: the definition, clusters and their volumes stay, and clusters
serve and heal without it. More under [installing](../../docs/operations/install.md) and
[upgrading](../../docs/operations/upgrade.md).`,
    ],
  },
  {
    name: 'shortlink-cluster',
    title: 'Chart shortlink-cluster',
    intro: [
      `One cluster, as a ShortLinkCluster that the operator of the chart [shortlink-operator](../shortlink-operator/README.md)
runs. \`spec\` is that of the [ShortLinkCluster](../../docs/reference/shortlinkcluster.md), field by field.`,
      `\`\`\`sh
helm install links charts/shortlink-cluster --set spec.storage.size=10Gi
kubectl wait --for=condition=Ready --timeout=5m slc/links
helm test links
\`\`\``,
      `With an object store, its keys are in a Secret that is there before, with \`AWS_ACCESS_KEY_ID\` and \`AWS_SECRET_ACCESS_KEY\`:`,
      `\`\`\`yaml
spec:
  replicas: 3
  storage: { size: 10Gi }
  objectStore:
    url: s3://bucket/prefix
    region: eu-central-1
    credentialsSecretRef: { name: bucket }
\`\`\``,
      `**Uninstalling.** \`helm uninstall\` deletes the ShortLinkCluster, and with it pods and Services. The volumes
(\`data-NAME-0\` …) stay unless \`spec.deletionPolicy\` is \`DeleteVolumes\`, and objects in the object store always do. A cluster
that is installed again under the same name goes on with its volumes. With \`keep\` even the cluster stays, and serves on.`,
    ],
  },
];
