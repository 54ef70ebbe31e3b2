import { openMemoryStore } from '../../../src/storage/memory/memory-store.ts';
import { describeStore } from '../store.suite.ts';

describeStore({
  name: 'memory',
  open: async () => openMemoryStore(),
  openSecond: { none: 'a memory store is one object of one process' },
  failWrites: { none: 'a memory store has nothing that could fail' },
  heartbeat: true,
});
