import type { Runtime } from './runtime.ts';

/**
 * A runtime that is loaded when the first run is to be executed, or waited for: a command that only
 * reads the store need not load what executes workflows.
 */
export function createLazyRuntime(name: string, load: () => Promise<Runtime>): Runtime {
  let loading: Promise<Runtime> | null = null;
  let loaded: Runtime | null = null;

  /** Who wants to hear of a run's end, from before there was anybody to tell. */
  const early = new Map<object, (runtime: Runtime) => () => void>();
  const stops = new Map<object, () => void>();

  function get(): Promise<Runtime> {
    loading ??= load().then((runtime) => {
      loaded = runtime;
      for (const [listener, register] of early) stops.set(listener, register(runtime));
      early.clear();
      return runtime;
    });
    return loading;
  }

  /** Listens as soon as there is something to listen to, and reports once for the time before. */
  function listen(
    to: (runtime: Runtime, onChange: () => void) => () => void,
    onChange: () => void,
  ): () => void {
    if (loaded !== null) return to(loaded, onChange);
    let stop: (() => void) | null = () => {};
    void get()
      .then((runtime) => {
        if (stop !== null) stop = to(runtime, onChange);
      })
      // The store may have been closed meanwhile: whoever looks now is told.
      .catch(() => {})
      .then(() => {
        if (stop !== null) onChange();
      });
    return () => {
      stop?.();
      stop = null;
    };
  }

  return {
    name,
    get failure() {
      return loaded?.failure ?? null;
    },
    start: async (request) => (loaded ?? (await get())).start(request),
    startDetached: async (request) => (loaded ?? (await get())).startDetached(request),
    adopt: async (runId) => (await get()).adopt(runId),
    notify: () => loaded?.notify(),
    onEnd(runId, onEnd) {
      if (loaded !== null) return loaded.onEnd(runId, onEnd);
      const listener = {};
      early.set(listener, (runtime) => runtime.onEnd(runId, onEnd));
      return () => {
        early.delete(listener);
        stops.get(listener)?.();
        stops.delete(listener);
      };
    },
    holds: (runId) => loaded?.holds(runId) ?? false,
    onChange: (onChange) => listen((runtime, fn) => runtime.onChange(fn), onChange),
    onForeignChange: (onChange) => listen((runtime, fn) => runtime.onForeignChange(fn), onChange),
    serve: async (options) => (await get()).serve(options),
    async close(graceMs) {
      if (loading !== null) await (await loading).close(graceMs);
    },
  };
}
