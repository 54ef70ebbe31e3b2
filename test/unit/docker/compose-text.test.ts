import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { composeText } from '../../../src/docker/compose-text.ts';
import { SERVICE_NAMES, SERVICES } from '../../../src/docker/services.ts';

it('is the file that people read', () => {
  expect(composeText(['redis', 'postgres'], { postgres: 15432 })).toMatchInlineSnapshot(`
    "# The services of pyworkflow. Start them with: docker compose up -d
    # Ports are open to this machine only: the servers have well-known passwords or none.
    name: pyworkflow
    services:
      redis:
        image: "redis:7-alpine"
        container_name: pyworkflow-redis
        restart: unless-stopped
        command: ["redis-server", "--appendonly", "yes"]
        ports:
          - "127.0.0.1:6379:6379"
        volumes:
          - "pyworkflow-redis-data:/data"
        labels:
          pyworkflow.service: redis
        healthcheck:
          test: ["CMD", "redis-cli", "ping"]
          interval: 5s
          timeout: 3s
          retries: 5
      postgres:
        image: "postgres:16-alpine"
        container_name: pyworkflow-postgres
        restart: unless-stopped
        environment:
          POSTGRES_USER: "pyworkflow"
          POSTGRES_PASSWORD: "pyworkflow"
          POSTGRES_DB: "pyworkflow"
        ports:
          - "127.0.0.1:15432:5432"
        volumes:
          - "pyworkflow-postgres-data:/var/lib/postgresql/data"
        labels:
          pyworkflow.service: postgres
        healthcheck:
          test: ["CMD", "pg_isready", "--username", "pyworkflow", "--dbname", "pyworkflow"]
          interval: 5s
          timeout: 3s
          retries: 5
    volumes:
      pyworkflow-redis-data:
        name: pyworkflow-redis-data
        labels:
          pyworkflow.service: redis
      pyworkflow-postgres-data:
        name: pyworkflow-postgres-data
        labels:
          pyworkflow.service: postgres
    "
  `);
});

it('says the same as the services that `up` starts', () => {
  const { name, services, volumes } = parse(composeText(SERVICE_NAMES));
  expect(name).toBe('pyworkflow');
  expect(Object.keys(services)).toEqual([...SERVICE_NAMES]);
  for (const spec of Object.values(SERVICES)) {
    expect(services[spec.name]).toMatchObject({
      image: spec.image,
      container_name: spec.container,
      restart: 'unless-stopped',
      ports: [`127.0.0.1:${spec.port}:${spec.port}`],
      volumes: [`${spec.volume.name}:${spec.volume.path}`],
      labels: { 'pyworkflow.service': spec.name },
    });
    expect(services[spec.name].command).toEqual(spec.command ?? undefined);
    expect(services[spec.name].environment ?? {}).toEqual(spec.environment);
    expect(volumes[spec.volume.name]).toMatchObject({ name: spec.volume.name });
  }
});

it('holds what is asked for, in one order', () => {
  expect(composeText(['postgres', 'redis'])).toBe(composeText(['redis', 'postgres', 'redis']));
  expect(parse(composeText([]))).toEqual({ name: 'pyworkflow', services: {}, volumes: {} });
});
