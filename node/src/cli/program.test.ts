// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { shortlink } from './commands.ts';
import { runCli } from './testing/fake-io.ts';

describe('wrong use ends with exit code 2 and says what is wrong', () => {
  test.each([
    [[], 'usage: shortlink COMMAND'],
    [['lnk'], 'there is no command "lnk"; did you mean link?'],
    [['link'], 'link needs one of: link create, link get'],
    [['link', 'get'], 'CODE is missing: the code of the link'],
    [['link', 'get', 'a', 'b'], '"b" is one argument too many'],
    [['link', 'get', 'a', '--outptu', 'json'], '--outptu: is not an option; did you mean output?'],
    [['link', 'list'], '--creator-id: is required'],
    [['link', 'update', 'a'], 'nothing to change is given'],
    [['link', 'create', 'u', '--expires-in', '1d', '--expires-at', 'x'], 'not both'],
    [['info', '--api', 'localhost:1'], '"localhost:1" is not http://host:port'],
    [['scan', 'a', '--prefix', 'b'], 'not both'],
    [['add-node'], 'give --data, or --name and --peer-address'],
    [['add-node', '--data', '.', '--set', 'log.levle=info'], 'is not option=value with a known option'],
    [['node', 'x'], '"x" is not a flag'],
    [['node', '--config', 'does-not-exist.yaml'], 'the configuration cannot be read'],
    [['node', '--log.level', 'loud'], 'log.level (from --log.level): "loud" is not one of'],
    [['--json'], '--json needs a command before it'],
  ])('%j', async (argv, message) => {
    const ran = await runCli(argv);
    expect(ran.err).toContain(message);
    expect(ran).toMatchObject({ exitCode: 2, out: '' });
  });

  test('all that is wrong is said at once', async () => {
    const ran = await runCli(['link', 'list', '--limit', '0', '--output', 'xml']);
    expect(ran.err.split('\n')).toHaveLength(3);
  });
});

describe('help', () => {
  test.each(shortlink.commands.map((command) => [command.path.join(' '), command] as const))(
    'of %s',
    async (_, command) => {
      const ran = await runCli([...command.path, '--help']);
      expect(ran).toMatchObject({ exitCode: 0, err: '' });
      for (const flag of Object.keys(command.flags)) expect(ran.out).toContain(`--${flag}`);
      expect((await runCli(['help', ...command.path])).out).toBe(ran.out);
    },
  );

  test('lists every command and every exit code', async () => {
    const ran = await runCli(['--help']);
    for (const command of shortlink.commands) expect(ran.out).toContain(`  ${command.path.join(' ')} `);
    expect(ran.out).toMatch(/^ {2}5 {2}/m);
  });
});

test('a valid configuration can be checked without starting a node', async () => {
  const flags = ['--node.name=a', '--data.dir=d', '--cluster.initialNodes=a=127.0.0.1:1'];
  expect(await runCli(['node', '--check', ...flags])).toMatchObject({ exitCode: 0, out: 'the configuration is valid' });
  expect((await runCli(['node', '--check'])).err).toContain('node.name: is required');
});
