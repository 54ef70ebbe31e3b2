import nodeCrypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { currentContext, type WorkflowContext } from './context.ts';
import { tolerateUnawaitedRejections } from './unawaited-rejections.ts';

const INSTALLED = Symbol.for('pyworkflow.deterministic-globals.1');

/**
 * Makes `Date`, `Math.random`, `crypto.randomUUID` deterministic inside workflow code and reports
 * calls of `fetch` and timers there, imported or global; and keeps what workflow code does not
 * await from ending the process. Everywhere else, steps included, they stay what they were.
 *
 * @param onForeignCall told when workflow code calls something whose end no event tells.
 */
export function installDeterministicGlobals(
  onForeignCall: (context: WorkflowContext, name: string) => void,
): void {
  const global = globalThis as typeof globalThis & { [INSTALLED]?: true };
  if (!global[INSTALLED]) {
    Object.defineProperty(global, INSTALLED, { value: true });
    installDate();
    installRandom();
    installUuid();
    tolerateUnawaitedRejections();
  }
  const report = <K extends string>(holder: { [key in K]: Callable }, ...names: K[]) => {
    for (const name of names) reportCalls(holder, name, onForeignCall);
  };
  report(globalThis, 'fetch', 'setTimeout', 'setInterval', 'setImmediate');
  report(timers, 'setTimeout', 'setInterval', 'setImmediate');
  report(timersPromises, 'setTimeout', 'setInterval', 'setImmediate');
  report(process, 'nextTick');
  // `import { randomUUID } from 'node:crypto'` and its like see the changes only after this.
  syncBuiltinESMExports();
}

type Callable = (...args: never[]) => unknown;

function workflow(): WorkflowContext | undefined {
  const context = currentContext();
  return context?.kind === 'workflow' ? context : undefined;
}

function installDate(): void {
  const RealDate = Date;
  const realNow = RealDate.now;
  const now = () => workflow()?.now() ?? realNow();
  const FakeDate: DateConstructor = new Proxy(RealDate, {
    construct(target, args, newTarget) {
      const context = args.length === 0 ? workflow() : undefined;
      const given = context === undefined ? args : [context.now()];
      return Reflect.construct(target, given, newTarget === FakeDate ? target : newTarget);
    },
    apply(target, _self, args) {
      const context = workflow();
      return context === undefined
        ? Reflect.apply(target, undefined, args)
        : new RealDate(context.now()).toString();
    },
  });
  RealDate.now = now;
  RealDate.prototype.constructor = FakeDate;
  globalThis.Date = FakeDate;
}

function installRandom(): void {
  const realRandom = Math.random;
  Math.random = () => workflow()?.random() ?? realRandom();
}

function installUuid(): void {
  const realUuid = nodeCrypto.randomUUID;
  type Uuid = ReturnType<typeof realUuid>;
  const randomUUID = (options?: Parameters<typeof realUuid>[0]) =>
    (workflow()?.randomUUID() as Uuid | undefined) ?? realUuid(options);
  nodeCrypto.randomUUID = randomUUID;
  Object.defineProperty(globalThis.crypto, 'randomUUID', {
    value: randomUUID,
    configurable: true,
    writable: true,
  });
}

function reportCalls<K extends string>(
  holder: { [key in K]: Callable },
  name: K,
  onForeignCall: (context: WorkflowContext, name: string) => void,
): void {
  if (reporting.has(holder[name])) return;
  const proxy = new Proxy(holder[name], {
    apply(target, self, args) {
      const context = workflow();
      if (context !== undefined) onForeignCall(context, `${name}()`);
      return Reflect.apply(target, self, args);
    },
  });
  reporting.add(proxy);
  const value = { value: proxy, configurable: true, writable: true, enumerable: true };
  Object.defineProperty(holder, name, value);
}

/** Test runners put the originals back: a second call covers what is uncovered, and only that. */
const reporting = new WeakSet<Callable>();
