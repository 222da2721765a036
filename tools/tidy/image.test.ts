// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { readSource, sourceFiles } from './tree.ts';

const dockerfile = readSource('Dockerfile');
const { workspaces } = JSON.parse(readSource('package.json')) as { readonly workspaces: readonly string[] };

it('the image build knows every workspace, or npm ci would refuse the lock file', () => {
  const ignore = readSource('.dockerignore').split('\n');
  for (const workspace of workspaces) {
    expect(dockerfile).toContain(`COPY ${workspace}/package.json ${workspace}/`);
    expect(ignore.some((line) => line === `!${workspace}` || line === `!${workspace}/package.json`)).toBe(true);
  }
});

it('the image build copies nothing that is not there', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) => paths.split(' '));
  expect(copied.length).toBeGreaterThan(workspaces.length);
  for (const path of copied)
    expect(sourceFiles().some((file) => file === path || file.startsWith(`${path}/`))).toBe(true);
});

it('images run as somebody without rights, and say what they are', () => {
  const images = dockerfile.split(/^FROM /m).filter((stage) => /^\S+ AS (?:node|operator)\n/.test(stage));
  expect(images).toHaveLength(2);
  for (const image of images) {
    expect(image).toContain('USER 1000:1000');
    expect(image).toContain('org.opencontainers.image.revision');
    expect(image).not.toContain('apt-get');
  }
});
