/** What the columns are in a dialect. */
export interface SchemaTypes {
  /** A table's own number: rows are counted as they come. */
  readonly counter: string;
  readonly int: string;
  /** Milliseconds since the epoch, not necessarily whole. */
  readonly time: string;
  /** Short enough to be a key; compared by every byte. */
  readonly name: string;
  readonly text: string;
  /** After the closing parenthesis of a table; `hot` ones have rows that change often. */
  readonly tableEnd: string;
  readonly hotTableEnd: string;
  /** The condition of an index over few rows, where there are such indexes. */
  readonly where: (condition: string) => string;
}

/**
 * Versioned migrations: entry n brings version n to n+1, statement by statement. Never edit one
 * that has been released. The tables are those of the sqlite store (its schema says more), except:
 *
 * `writers` has a row for each connection that may commit. Its number goes up with every commit,
 * which tells whether a commit took place whose answer was lost; and the sum over all rows tells
 * other processes that something has changed. `gates` has a row for each gate that somebody stands
 * at, to be locked by whoever decides about it; where runs stand is in `stands`.
 */
export function migrations(t: SchemaTypes): readonly (readonly string[])[] {
  return [
    [
      `CREATE TABLE @meta (name ${t.name} NOT NULL PRIMARY KEY, value ${t.int} NOT NULL)${t.tableEnd}`,
      `INSERT INTO @meta (name, value) VALUES ('fence', 0)`,
      `CREATE TABLE @writers (
        id ${t.name} NOT NULL PRIMARY KEY,
        number ${t.int} NOT NULL,
        changes ${t.int} NOT NULL
      )${t.hotTableEnd}`,
      `CREATE TABLE @runs (
        id ${t.counter},
        run_id ${t.name} NOT NULL UNIQUE,
        workflow ${t.name} NOT NULL,
        status ${t.name} NOT NULL,
        created_at ${t.time} NOT NULL,
        updated_at ${t.time} NOT NULL,
        started_at ${t.time},
        completed_at ${t.time},
        error ${t.text},
        idempotency_key ${t.text},
        key_index ${t.name},
        max_duration ${t.time},
        metadata ${t.text},
        tags ${t.text},
        recovery_attempts ${t.int} NOT NULL,
        max_recovery_attempts ${t.int} NOT NULL,
        recover ${t.int} NOT NULL,
        parent_run_id ${t.name},
        child_id ${t.name},
        nesting_depth ${t.int} NOT NULL,
        continued_from ${t.name},
        continued_to ${t.name},
        forked_from ${t.name},
        schedule_id ${t.name},
        scheduled_at ${t.time},
        code_version ${t.text},
        progress ${t.text},
        epoch ${t.int} NOT NULL,
        owner ${t.int},
        home ${t.int},
        ready ${t.int} NOT NULL,
        gated ${t.int} NOT NULL
      )${t.hotTableEnd}`,
      `CREATE UNIQUE INDEX runs_idempotency ON @runs (key_index)${t.where('key_index IS NOT NULL')}`,
      `CREATE INDEX runs_ready ON @runs (ready, id)${t.where('ready = 1')}`,
      `CREATE INDEX runs_owner ON @runs (owner)${t.where('owner IS NOT NULL')}`,
      `CREATE INDEX runs_parent ON @runs (parent_run_id)${t.where('parent_run_id IS NOT NULL')}`,
      `CREATE INDEX runs_schedule ON @runs (schedule_id)${t.where('schedule_id IS NOT NULL')}`,
      `CREATE TABLE @history (
        run ${t.int} NOT NULL,
        sequence ${t.int} NOT NULL,
        count ${t.int} NOT NULL,
        events ${t.text} NOT NULL,
        PRIMARY KEY (run, sequence)
      )${t.tableEnd}`,
      `CREATE TABLE @timers (
        run ${t.int} NOT NULL,
        id ${t.name} NOT NULL,
        kind ${t.name} NOT NULL,
        due_at ${t.time} NOT NULL,
        PRIMARY KEY (run, id)
      )${t.tableEnd}`,
      'CREATE INDEX timers_due ON @timers (due_at, run)',
      `CREATE TABLE @hooks (
        id ${t.counter},
        run ${t.int} NOT NULL,
        hook_id ${t.name} NOT NULL,
        name ${t.text} NOT NULL,
        token ${t.text} NOT NULL,
        status ${t.name} NOT NULL,
        created_at ${t.time} NOT NULL,
        received_at ${t.time},
        expires_at ${t.time},
        payload ${t.text},
        payload_schema ${t.text}
      )${t.tableEnd}`,
      'CREATE UNIQUE INDEX hooks_id ON @hooks (run, hook_id)',
      `CREATE TABLE @inbox (
        id ${t.counter},
        run ${t.int} NOT NULL,
        received_at ${t.time} NOT NULL,
        type ${t.name} NOT NULL,
        message ${t.text} NOT NULL
      )${t.tableEnd}`,
      'CREATE INDEX inbox_run ON @inbox (run, id)',
      `CREATE TABLE @gates (name ${t.name} NOT NULL PRIMARY KEY, places ${t.int} NOT NULL)${t.tableEnd}`,
      `CREATE TABLE @stands (
        run ${t.int} NOT NULL,
        gate ${t.name} NOT NULL,
        name ${t.text} NOT NULL,
        joins ${t.int} NOT NULL,
        held ${t.int} NOT NULL,
        gate_set ${t.text} NOT NULL,
        PRIMARY KEY (run, gate)
      )${t.tableEnd}`,
      'CREATE INDEX stands_queue ON @stands (gate, held, run)',
      `CREATE TABLE @workers (
        id ${t.counter},
        worker_id ${t.name} NOT NULL UNIQUE,
        name ${t.text} NOT NULL,
        host ${t.text} NOT NULL,
        pid ${t.int} NOT NULL,
        process_key ${t.text},
        started_at ${t.time} NOT NULL,
        expires_at ${t.time} NOT NULL
      )${t.hotTableEnd}`,
      `CREATE TABLE @schedules (
        id ${t.counter},
        schedule_id ${t.name} NOT NULL UNIQUE,
        workflow ${t.name} NOT NULL,
        spec ${t.text} NOT NULL,
        input ${t.text} NOT NULL,
        status ${t.name} NOT NULL,
        overlap_policy ${t.name} NOT NULL,
        catch_up_policy ${t.name} NOT NULL,
        catch_up_window ${t.time},
        metadata ${t.text},
        tags ${t.text},
        definition ${t.text},
        created_at ${t.time} NOT NULL,
        updated_at ${t.time} NOT NULL,
        paused_at ${t.time},
        deleted_at ${t.time},
        decided_through ${t.time} NOT NULL,
        next_run_at ${t.time},
        last_run_at ${t.time},
        last_run_id ${t.text},
        version ${t.int} NOT NULL,
        total ${t.int} NOT NULL,
        successful ${t.int} NOT NULL,
        failed ${t.int} NOT NULL,
        cancelled ${t.int} NOT NULL,
        skipped ${t.int} NOT NULL,
        last_sequence ${t.int} NOT NULL
      )${t.hotTableEnd}`,
      'CREATE INDEX schedules_due ON @schedules (next_run_at)',
      `CREATE TABLE @schedule_log (
        schedule_id ${t.name} NOT NULL,
        sequence ${t.int} NOT NULL,
        type ${t.name} NOT NULL,
        recorded_at ${t.time} NOT NULL,
        data ${t.text} NOT NULL,
        PRIMARY KEY (schedule_id, sequence)
      )${t.tableEnd}`,
      `CREATE TABLE @rates (name ${t.name} NOT NULL PRIMARY KEY)${t.tableEnd}`,
      `CREATE TABLE @rate_places (
        name ${t.name} NOT NULL,
        number ${t.int} NOT NULL,
        at ${t.time} NOT NULL,
        queued ${t.int} NOT NULL,
        PRIMARY KEY (name, number)
      )${t.tableEnd}`,
    ],
  ];
}
