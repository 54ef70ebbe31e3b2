import type { Sink } from '../io.ts';

type Paint = (text: string) => string;

/** Colours, or none of them. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

const bare: Paint = (text) => text;

export const plainStyle: Style = {
  bold: bare,
  dim: bare,
  red: bare,
  green: bare,
  yellow: bare,
  cyan: bare,
};

export function wantsColour(
  sink: Sink,
  env: Readonly<Record<string, string | undefined>>,
  flag: boolean | undefined,
): boolean {
  return sink.isTTY === true && flag !== false && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** Loads chalk only where it is going to be seen. */
export async function loadStyle(isColoured: boolean): Promise<Style> {
  if (!isColoured) return plainStyle;
  const { Chalk } = await import('chalk');
  return new Chalk({ level: 1 });
}
