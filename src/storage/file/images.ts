import type { HookRecord } from '../../core/hook.ts';
import type { NewScheduleEvent, ScheduleRecord } from '../../core/schedule.ts';
import type { BookedPlace } from '../rate.ts';
import type { InboxEntry, Timer, WorkerRecord } from '../store.ts';
import type { StoredSummary } from './stored-summary.ts';

/**
 * What has become of things. Applying the same images twice changes nothing, and no rule is needed
 * to apply them. A checkpoint consists of images as well.
 */
export interface Images {
  readonly workers?: readonly WorkerRecord[];
  /** Ids of workers that are no more; what they held has images of its own. */
  readonly gone?: readonly string[];
  readonly runs?: readonly RunImage[];
  readonly gates?: readonly GateImage[];
  readonly schedules?: readonly ScheduleImage[];
  /** Places under rate limits, by name. */
  readonly rates?: { readonly [name: string]: readonly BookedPlace[] };
}

/** A part that is not there has not changed; of a run that is new, it is empty. */
export interface RunImage {
  readonly key: number;
  readonly summary?: StoredSummary;
  /** Of its last event. */
  readonly sequence: number;
  /** The length of its log with all its events, bytes. */
  readonly log: number;
  readonly epoch: number;
  readonly owner: string | null;
  readonly home: string | null;
  readonly ready?: true;
  /** At its gates. */
  readonly waits?: true;
  /** All of them. */
  readonly timers?: readonly Timer[];
  readonly inbox?: InboxImage;
  readonly stands?: StandsImage;
  /** New ones, and those that have changed. */
  readonly hooks?: readonly HookImage[];
}

export interface InboxImage {
  /** Entries up to this id are gone. */
  readonly after: number;
  readonly added: readonly InboxEntry[];
}

/** All gates it stands at. */
export interface StandsImage {
  readonly set: string;
  readonly at: readonly (readonly [gate: string, limit: number, joins: boolean])[];
}

export interface HookImage extends HookRecord {
  readonly key: number;
}

export interface GateImage {
  readonly name: string;
  readonly limit: number;
}

export interface ScheduleImage {
  readonly key: number;
  readonly record: ScheduleRecord;
  /** The new ones; of a schedule that is not known, all there are. */
  readonly log: readonly (NewScheduleEvent & { readonly sequence: number })[];
}
