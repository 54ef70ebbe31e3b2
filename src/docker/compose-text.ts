import type { Ports } from './plan-service.ts';
import {
  HOST,
  LABEL,
  RESTART_POLICY,
  SERVICE_NAMES,
  SERVICES,
  type ServiceName,
  type ServiceSpec,
} from './services.ts';

/**
 * The text of a docker-compose.yml with the services that `up` starts: the same images, names,
 * ports and volumes, so that data is found again whichever way they are started.
 */
export function composeText(services: readonly ServiceName[], ports: Ports = {}): string {
  const chosen = SERVICE_NAMES.filter((name) => services.includes(name)).map(
    (name) => SERVICES[name],
  );
  // The network is left to Compose: it refuses one of a fixed name that it has not made itself.
  return [
    '# The services of pyworkflow. Start them with: docker compose up -d',
    '# Ports are open to this machine only: the servers have well-known passwords or none.',
    'name: pyworkflow',
    ...section(
      'services',
      chosen.flatMap((spec) => service(spec, ports[spec.name] ?? spec.port)),
    ),
    ...section('volumes', chosen.flatMap(volume)),
    '',
  ].join('\n');
}

function section(name: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [`${name}: {}`] : [`${name}:`, ...lines.map((line) => `  ${line}`)];
}

function service(spec: ServiceSpec, port: number): string[] {
  const environment = Object.entries(spec.environment);
  return [
    `${spec.name}:`,
    `  image: ${quoted(spec.image)}`,
    `  container_name: ${spec.container}`,
    `  restart: ${RESTART_POLICY}`,
    ...(spec.command === null ? [] : [`  command: ${list(spec.command)}`]),
    ...(spec.user === null ? [] : [`  user: ${spec.user}`]),
    ...(spec.workingDirectory === null ? [] : [`  working_dir: ${spec.workingDirectory}`]),
    ...(environment.length === 0 ? [] : ['  environment:']),
    ...environment.map(([name, value]) => `    ${name}: ${quoted(value)}`),
    '  ports:',
    `    - ${quoted(`${HOST}:${port}:${spec.port}`)}`,
    '  volumes:',
    `    - ${quoted(`${spec.volume.name}:${spec.volume.path}`)}`,
    '  labels:',
    `    ${LABEL}: ${spec.name}`,
    ...healthcheck(spec),
  ];
}

function healthcheck({ healthCommand }: ServiceSpec): string[] {
  if (healthCommand === null) return [];
  return [
    '  healthcheck:',
    `    test: ${list(['CMD', ...healthCommand])}`,
    '    interval: 5s',
    '    timeout: 3s',
    '    retries: 5',
  ];
}

function volume(spec: ServiceSpec): string[] {
  const { name } = spec.volume;
  return [`${name}:`, `  name: ${name}`, '  labels:', `    ${LABEL}: ${spec.name}`];
}

/** JSON is YAML, and says beyond doubt what is text. */
function quoted(text: string): string {
  // Compose takes a dollar for the start of a variable.
  return JSON.stringify(text.replaceAll('$', '$$$$'));
}

function list(items: readonly string[]): string {
  return `[${items.map(quoted).join(', ')}]`;
}
