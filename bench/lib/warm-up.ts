/**
 * Commits before the clock starts, on both sides. While SQLite's write-ahead log grows to its full
 * size (`wal_autocheckpoint`), a flush costs about twice what it costs ever after (ext4 has to
 * record the new length): without this the first thousand commits would be measured, not a process
 * that has been up for some seconds. The JIT compiler needs a warm-up as well.
 */
export const WARM_UP_COMMITS = 2500;
