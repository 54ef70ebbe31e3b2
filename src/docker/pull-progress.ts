/** A line of the engine's answer to a pull; every field may be missing. */
export interface PullEvent {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number } | null;
  readonly error?: string;
}

/** Of one image. */
export interface PullProgress {
  /** Downloaded so far; never falls. */
  readonly bytes: number;
  /** Of the layers whose size is known by now: it grows while the first ones come in. */
  readonly totalBytes: number;
  readonly layers: number;
  /** Layers that are unpacked or were there already. */
  readonly layersDone: number;
}

interface Layer {
  readonly current: number;
  readonly total: number;
  readonly isDone: boolean;
}

/** Folds what the engine tells layer by layer into one count. */
export function createPullFold(): (event: PullEvent) => PullProgress {
  const layers = new Map<string, Layer>();
  let bytes = 0;
  return (event) => {
    const { id } = event;
    if (id !== undefined) {
      const layer = advance(layers.get(id), event);
      if (layer !== undefined) layers.set(id, layer);
    }
    const all = [...layers.values()];
    // A download that is tried again starts at zero: what is shown stands still until then.
    bytes = Math.max(
      bytes,
      all.reduce((sum, { current }) => sum + current, 0),
    );
    const totalBytes = Math.max(
      bytes,
      all.reduce((sum, { total }) => sum + total, 0),
    );
    const layersDone = all.filter(({ isDone }) => isDone).length;
    return { bytes, totalBytes, layers: all.length, layersDone };
  };
}

function advance(before: Layer | undefined, { status, progressDetail }: PullEvent) {
  const { current = 0, total = 0, isDone = false } = before ?? {};
  const known = Math.max(total, progressDetail?.total ?? 0);
  switch (status) {
    case 'Pulling fs layer':
    case 'Waiting':
    case 'Retrying':
      return { current, total, isDone };
    case 'Downloading':
      return { current: progressDetail?.current ?? current, total: known, isDone };
    case 'Verifying Checksum':
    case 'Download complete':
      return { current: total, total, isDone };
    // A small layer is there before its download was told of: its size comes with the unpacking.
    case 'Extracting':
      return { current: known, total: known, isDone };
    case 'Pull complete':
    case 'Already exists':
      return { current: total, total, isDone: true };
    default:
      // A line about the image (its id is the tag), or a state of a layer that nobody knows yet.
      return before;
  }
}
