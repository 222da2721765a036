// SPDX-License-Identifier: Apache-2.0
// `helm test`: whether the operator is ready, and whether its account may do what it has to do.
import { readFile } from 'node:fs/promises';

const { API, NAMESPACES, OPERATOR, RIGHTS } = process.env;
const account = '/var/run/secrets/kubernetes.io/serviceaccount';
const authorization = `Bearer ${(await readFile(`${account}/token`, 'utf8')).trim()}`;
const limitMs = 10_000;

let failures = 0;
function say(isGood, text) {
  console.log(`${isGood ? 'ok' : 'not ok'} - ${text}`);
  if (!isGood) failures++;
}

async function ask(path, body) {
  const headers = { authorization, 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(API + path, { headers, ...sent, signal: AbortSignal.timeout(limitMs) });
  const json = await answer.json();
  if (!answer.ok) throw new Error(`${answer.status} ${json.message}`);
  return json;
}

async function check(text, act) {
  try {
    await act();
    say(true, text);
  } catch (error) {
    say(false, `${text}: ${error.cause?.message ?? error.message}`);
  }
}

await check(`the operator is ready at ${OPERATOR}`, async () => {
  const answer = await fetch(`${OPERATOR}/readyz`, { signal: AbortSignal.timeout(limitMs) });
  if (!answer.ok) throw new Error(await answer.text());
});

const namespaces = NAMESPACES === '' ? [''] : NAMESPACES.split(',');
for (const namespace of namespaces) {
  const scope = namespace === '' ? '' : `/namespaces/${namespace}`;
  await check(`ShortLinkClusters can be listed in ${namespace || 'all namespaces'}`, () =>
    ask(`/apis/shortlink.dev/v1alpha1${scope}/shortlinkclusters?limit=1`),
  );
}

/** @returns the rules, for one namespace or all of them, with one verb and one resource each. */
function single({ rules, namespace }) {
  return rules.flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
    verbs.map((verb) => {
      const [resource, subresource = ''] = resources[0].split('/');
      return { namespace, group: apiGroups[0], resource, subresource, name: resourceNames[0], verb };
    }),
  );
}

for (const resourceAttributes of JSON.parse(RIGHTS).flatMap(single)) {
  const { verb, group, resource, subresource, namespace } = resourceAttributes;
  const of = [resource, subresource].filter(Boolean).join('/') + (group === '' ? '' : `.${group}`);
  await check(`may ${verb} ${of} in ${namespace || 'all of Kubernetes'}`, async () => {
    const kind = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const { status } = await ask(path, { ...kind, spec: { resourceAttributes } });
    if (!status.allowed) throw new Error(`it may not; ${status.reason || 'no role allows it'}`);
  });
}

console.log(failures === 0 ? 'All is well.' : `${failures} checks failed.`);
process.exitCode = failures === 0 ? 0 : 1;
