/** What one child process measured, by name. */
export type Figures = Readonly<Record<string, number>>;
export type Params = Readonly<Record<string, number>>;

/** A piece of work for a fresh child process; `folder` is empty unless an earlier job filled it. */
export type Job = (params: Params, folder: string) => Promise<Figures>;

export interface Options {
  readonly quick: boolean;
  readonly pairs: number;
  readonly peers: readonly string[];
}

/** A figure that becomes a line of the table. */
export interface Metric {
  /** Its name in the figures. */
  readonly key: string;
  readonly unit: string;
  readonly target?: Target;
}

/** `ratio` is engine ÷ bare, `value` the engine's own figure, any other word engine ÷ that peer. */
export interface Target {
  readonly of: string;
  readonly least?: number;
  readonly most?: number;
}

export interface Variant {
  readonly name: string;
  /** Measured in this order, again and again: A B A B. */
  readonly sides: readonly string[];
  readonly pairs: number;
  readonly metrics: readonly Metric[];
  readonly note?: string;
  measure(side: string): Promise<Figures>;
}

export interface Workload {
  readonly id: string;
  readonly title: string;
  /** What child processes can be asked for. */
  readonly jobs: Readonly<Record<string, Job>>;
  /** Called in the parent; may prepare a store that its variants share. */
  variants(options: Options): Promise<readonly Variant[]> | readonly Variant[];
}
