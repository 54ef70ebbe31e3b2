import { expect, it } from 'vitest';
import { createPullFold, type PullEvent } from '../../../src/docker/pull-progress.ts';

const at = (id: string, status: string, current?: number, total?: number): PullEvent => ({
  id,
  status,
  progressDetail: current === undefined ? {} : { current, ...(total !== undefined && { total }) },
});

function folded(events: readonly PullEvent[]) {
  const fold = createPullFold();
  return events.map(fold);
}

it('counts the bytes of all layers', () => {
  const steps = folded([
    at('7-alpine', 'Pulling from library/redis'),
    at('a', 'Pulling fs layer'),
    at('b', 'Pulling fs layer'),
    at('c', 'Already exists'),
    at('a', 'Downloading', 40, 100),
    at('b', 'Downloading', 10, 50),
    at('a', 'Downloading', 100, 100),
    at('a', 'Verifying Checksum'),
    at('a', 'Download complete'),
    at('b', 'Download complete'),
    at('a', 'Extracting', 30, 100),
    at('a', 'Pull complete'),
    at('b', 'Pull complete'),
    { status: 'Status: Downloaded newer image for redis:7-alpine' },
  ]);
  expect(steps.map(({ bytes, totalBytes }) => [bytes, totalBytes])).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
    [40, 100],
    [50, 150],
    [110, 150],
    [110, 150],
    [110, 150],
    [150, 150],
    [150, 150],
    [150, 150],
    [150, 150],
    [150, 150],
  ]);
  expect(steps.at(-1)).toEqual({ bytes: 150, totalBytes: 150, layers: 3, layersDone: 3 });
  expect(steps[0]).toMatchObject({ layers: 0 });
});

it('learns the size of a small layer when it is unpacked', () => {
  const last = folded([
    at('a', 'Pulling fs layer'),
    at('a', 'Download complete'),
    at('a', 'Extracting', 10, 70),
  ]).at(-1);
  expect(last).toMatchObject({ bytes: 70, totalBytes: 70 });
});

it('never goes back when a download starts anew', () => {
  const steps = folded([
    at('a', 'Downloading', 80, 100),
    at('a', 'Retrying'),
    at('a', 'Downloading', 5, 100),
    at('a', 'Downloading', 90, 100),
  ]);
  expect(steps.map(({ bytes }) => bytes)).toEqual([80, 80, 80, 90]);
});

it('does with what is missing', () => {
  expect(
    folded([{}, { id: 'a' }, { id: 'a', status: 'Downloading', progressDetail: null }]).at(-1),
  ).toEqual({ bytes: 0, totalBytes: 0, layers: 1, layersDone: 0 });
});
