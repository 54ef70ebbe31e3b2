import { expect, it } from 'vitest';
import {
  type ContainerFacts,
  containerSettings,
  differences,
  publishedPort,
} from '../../../src/docker/container-settings.ts';
import { SERVICES } from '../../../src/docker/services.ts';

const { postgres } = SERVICES;

/** A container as the engine shows it after it was created with our settings. */
function created(change: (facts: Facts) => void = () => {}): ContainerFacts {
  const { Image = '', Env, Cmd, HostConfig } = containerSettings(postgres, 5432, 'net');
  const { name, path } = postgres.volume;
  const facts: Facts = {
    Config: { Image, Cmd: Cmd ?? ['postgres'], Env: [...(Env ?? []), 'PATH=/bin'] },
    HostConfig: { PortBindings: HostConfig?.PortBindings },
    Mounts: [{ Name: name, Destination: path }],
  };
  change(facts);
  return facts;
}

type Facts = {
  Config: { Image: string; Cmd: string[]; Env: string[] };
  HostConfig: { PortBindings: Record<string, { HostIp: string; HostPort: string }[]> };
  Mounts: { Name: string; Destination: string }[];
};

it('creates what is found to be right', () => {
  expect(differences(created(), postgres, 5432)).toEqual([]);
  expect(publishedPort(created(), postgres)).toBe(5432);
});

it('binds to the loopback only', () => {
  for (const spec of Object.values(SERVICES)) {
    const { PortBindings } = containerSettings(spec, 7, 'net').HostConfig ?? {};
    expect(Object.values(PortBindings)).toEqual([[{ HostIp: '127.0.0.1', HostPort: '7' }]]);
  }
});

it.each<[string, (facts: Facts) => void]>([
  [
    'image postgres:15 becomes postgres:16-alpine',
    (facts) => {
      facts.Config.Image = 'postgres:15';
    },
  ],
  [
    'port none becomes 5432',
    (facts) => {
      facts.HostConfig.PortBindings = {};
    },
  ],
  [
    'port 5433 becomes 5432',
    (facts) => {
      facts.HostConfig.PortBindings['5432/tcp'] = [{ HostIp: '127.0.0.1', HostPort: '5433' }];
    },
  ],
  [
    '0.0.0.0 becomes 127.0.0.1',
    (facts) => {
      facts.HostConfig.PortBindings['5432/tcp'] = [{ HostIp: '0.0.0.0', HostPort: '5432' }];
    },
  ],
  [
    'POSTGRES_DB becomes pyworkflow',
    (facts) => {
      facts.Config.Env = facts.Config.Env.filter((one) => !one.startsWith('POSTGRES_DB'));
    },
  ],
  [
    'the volume pyworkflow-postgres-data is put at /var/lib/postgresql/data',
    (facts) => {
      facts.Mounts = [];
    },
  ],
])('notices: %s', (change, make) => {
  expect(differences(created(make), postgres, 5432)).toEqual([change]);
});
